//! A producer: what it knows, what it asks next, what it makes of the answers.

use std::collections::{BTreeMap, BTreeSet};

use ottla_record::{ProducerId, Timestamp};
use ottla_txn::{Token, TransactionVersion};
use ottla_wire::api::add_partitions_to_txn::{AddPartitionsToTxnTopic, AddPartitionsToTxnTransaction};
use ottla_wire::messages::{EndTxnRequest, EndTxnResponse, InitProducerIdRequest, InitProducerIdResponse};
use ottla_wire::{ErrorCode, KafkaString};

use super::coordinator::Asked;
use super::leader::{Late, Produce};
use super::partition::PowerLost;
use super::truth::{Fate, TxnNumber};
use super::world::{CLIENTS_MAX, PARTITIONS, TOPIC, World};

const TIMEOUT_MS: i32 = 60_000;

/// An answer to a producer.
#[derive(Debug)]
pub(super) enum Answer {
    Initialized(InitProducerIdResponse),
    Added(ErrorCode),
    Produced(ErrorCode),
    Ended(EndTxnResponse),
}

/// What a producer wants done, and asks for until it is.
#[derive(Debug, Clone)]
enum Wish {
    Initialize { goes_on: bool },
    Add(usize),
    Produce(Produce),
    End { commits: bool },
}

/// A producer, alive or a zombie.
#[derive(Debug)]
pub(super) struct Client {
    transactional_id: KafkaString,
    /// The last one of its transactional id.
    is_newest: bool,
    version: TransactionVersion,
    producer: Option<(ProducerId, i16)>,
    /// The next sequence of each partition.
    sequences: BTreeMap<usize, i32>,
    txn: Option<TxnNumber>,
    /// Partitions that it has added to the transaction.
    added: BTreeSet<usize>,
    has_sent: bool,
    /// It must go on under another epoch: it does not know which of its batches arrived.
    needs_epoch: bool,
    wish: Option<Wish>,
    waits_for: Option<Token>,
    /// Commits of this transaction that may have been heard.
    commits_sent: u32,
    hangs_until: Timestamp,
}

impl Client {
    fn new(transactional_id: KafkaString, version: TransactionVersion) -> Self {
        Self {
            transactional_id,
            is_newest: true,
            version,
            producer: None,
            sequences: BTreeMap::new(),
            txn: None,
            added: BTreeSet::new(),
            has_sent: false,
            needs_epoch: false,
            wish: Some(Wish::Initialize { goes_on: false }),
            waits_for: None,
            commits_sent: 0,
            hangs_until: Timestamp(0),
        }
    }

    fn raises_epoch(&self) -> bool {
        self.version.raises_epoch()
    }

    fn become_producer(&mut self, producer_id: i64, producer_epoch: i16) {
        self.producer = Some((ProducerId(producer_id), producer_epoch));
        self.sequences.clear();
        self.needs_epoch = false;
    }

    fn leave_transaction(&mut self) {
        self.txn = None;
        self.added.clear();
        self.has_sent = false;
        self.commits_sent = 0;
    }
}

impl World {
    /// A new producer of a transactional id; the former one is a zombie, if it lives.
    pub(super) fn spawn(&mut self, transactional_id: KafkaString) {
        for client in &mut self.clients {
            client.is_newest &= client.transactional_id != transactional_id;
        }
        let version = match self.version.raises_epoch() && !self.dice.one_in(3) {
            true => TransactionVersion::V2,
            false => TransactionVersion::V1,
        };
        self.clients.push(Client::new(transactional_id, version));
    }

    /// A producer does what it would do next, or something else.
    pub(super) fn act(&mut self, index: usize) -> Result<(), PowerLost> {
        let now = self.now().steady;
        if self.clients[index].hangs_until > now {
            return Ok(());
        }
        if self.dice.one_in(300) {
            let longest = *self.dice.pick(&[1_000, 1_000, 1_000, 10_000, 100_000]);
            let milliseconds = self.dice.between(0, longest) as i64;
            self.clients[index].hangs_until = Timestamp(now.0 + milliseconds);
            return Ok(());
        }
        if self.dice.one_in(250) {
            self.restart(index);
            return Ok(());
        }
        if self.clients[index].waits_for.is_some() {
            // Some day it gives up, and asks again.
            if self.dice.one_in(12) {
                self.clients[index].waits_for = None;
            }
            return Ok(());
        }
        match self.clients[index].wish.clone() {
            Some(Wish::Produce(_)) if self.dice.one_in(15) => self.give_up(index),
            Some(wish) => return self.ask(index, wish),
            None => self.wish(index),
        }
        Ok(())
    }

    /// Another producer takes the place of this one, which may not know that.
    fn restart(&mut self, index: usize) {
        let (id, is_newest) = (self.clients[index].transactional_id.clone(), self.clients[index].is_newest);
        let dies = !is_newest || self.clients.len() >= CLIENTS_MAX || self.dice.one_in(2);
        self.note(|_| format!("{id} restarts, former dies: {dies}"));
        if dies {
            self.die(index, false);
        } else {
            self.spawn(id);
        }
    }

    /// A producer is no more. Its open transaction cannot be committed any more, unless a commit was heard.
    fn die(&mut self, index: usize, was_refused: bool) {
        let client = self.clients.swap_remove(index);
        if let Some(txn) = client.txn {
            let refused_at_once = was_refused && client.commits_sent <= 1;
            let fate = match client.commits_sent == 0 || refused_at_once {
                true => Fate::Aborted,
                false => Fate::Unknown,
            };
            self.truth.set_fate(txn, fate);
            self.note(|_| format!("{} ends, txn {txn} {fate:?}", client.transactional_id));
        }
        if client.is_newest {
            self.spawn(client.transactional_id);
        }
    }

    /// It does not know what became of a batch, and aborts.
    fn give_up(&mut self, index: usize) {
        let client = &mut self.clients[index];
        client.needs_epoch = true;
        client.wish = Some(Wish::End { commits: false });
    }

    /// Decides what to do next.
    fn wish(&mut self, index: usize) {
        let partition = self.dice.below(PARTITIONS as u64) as usize;
        let roll = self.dice.below(100);
        let client = &mut self.clients[index];
        let wish = match client.txn {
            None if client.needs_epoch => Wish::Initialize { goes_on: true },
            None if roll < 2 => Wish::Initialize { goes_on: true },
            // It does not know whether a transaction has begun.
            None if roll < 4 && client.raises_epoch() => Wish::End { commits: false },
            None => {
                let id = client.transactional_id.clone();
                client.txn = Some(self.truth.begin(&id));
                return;
            }
            Some(_) if roll < 20 && client.has_sent => Wish::End { commits: true },
            Some(_) if roll < 25 && (client.has_sent || client.raises_epoch()) => {
                Wish::End { commits: false }
            }
            Some(_) if !client.raises_epoch() && !client.added.contains(&partition) => Wish::Add(partition),
            Some(txn) => return self.wish_to_produce(index, txn, partition),
        };
        client.wish = Some(wish);
    }

    fn wish_to_produce(&mut self, index: usize, txn: TxnNumber, partition: usize) {
        let count = self.dice.between(1, 3) as u32;
        let values = self.truth.next_values(txn, partition, count);
        let client = &mut self.clients[index];
        let Some((producer_id, producer_epoch)) = client.producer else { return };
        client.wish = Some(Wish::Produce(Produce {
            token: None,
            transactional_id: client.transactional_id.clone(),
            producer_id,
            producer_epoch,
            leader_adds: client.raises_epoch(),
            partition,
            sequence: client.sequences.get(&partition).copied().unwrap_or(0),
            values,
        }));
    }

    /// Asks for what it wishes. The request may get lost.
    fn ask(&mut self, index: usize, wish: Wish) -> Result<(), PowerLost> {
        self.stats.requests += 1;
        let token = self.token();
        let client = &mut self.clients[index];
        client.waits_for = Some(token);
        if let (Wish::End { commits: true }, Some(txn)) = (&wish, client.txn) {
            client.commits_sent += 1;
            self.truth.set_fate(txn, Fate::Unknown);
        }
        let client = &self.clients[index];
        let (id, producer) = (client.transactional_id.clone(), client.producer);
        self.note(|_| format!("{id} {producer:?} asks {}", told(&wish)));
        let is_lost = self.dice.one_in(60);
        let comes_twice = self.clients[index].raises_epoch() && self.dice.one_in(25);
        match wish {
            Wish::Initialize { goes_on } if !is_lost => self.send_initialize(index, token, goes_on),
            Wish::Add(partition) if !is_lost => self.send_add(index, token, partition),
            Wish::Produce(produce) => {
                if comes_twice {
                    self.copy(Late::Produce(produce.clone()));
                }
                match is_lost {
                    true => Ok(()),
                    false => self.receive(Produce { token: Some(token), ..produce }),
                }
            }
            Wish::End { commits } => self.send_end(index, token, commits, is_lost, comes_twice),
            Wish::Initialize { .. } | Wish::Add(_) => Ok(()),
        }
    }

    fn send_initialize(&mut self, index: usize, token: Token, goes_on: bool) -> Result<(), PowerLost> {
        let client = &self.clients[index];
        let expected = client.producer.filter(|_| goes_on);
        let (producer_id, producer_epoch) = expected.unwrap_or((ProducerId::NONE, -1));
        let request = InitProducerIdRequest {
            transactional_id: Some(client.transactional_id.clone()),
            transaction_timeout_ms: TIMEOUT_MS,
            producer_id: producer_id.0,
            producer_epoch,
            ..InitProducerIdRequest::default()
        };
        self.asked.insert(token, Asked::Client);
        let outcome = self.coordinator.handle_init_producer_id(self.now(), 5, &request, token);
        self.settle(outcome)
    }

    fn send_add(&mut self, index: usize, token: Token, partition: usize) -> Result<(), PowerLost> {
        let client = &self.clients[index];
        let Some((producer_id, producer_epoch)) = client.producer else { return Ok(()) };
        let request = AddPartitionsToTxnTransaction {
            transactional_id: client.transactional_id.clone(),
            producer_id: producer_id.0,
            producer_epoch,
            topics: vec![AddPartitionsToTxnTopic {
                name: TOPIC,
                partitions: vec![partition as i32],
                ..AddPartitionsToTxnTopic::default()
            }],
            ..AddPartitionsToTxnTransaction::default()
        };
        self.asked.insert(token, Asked::Client);
        let outcome = self.coordinator.handle_add_partitions_to_txn(self.now(), 3, &request, token);
        self.settle(outcome)
    }

    fn send_end(
        &mut self,
        index: usize,
        token: Token,
        commits: bool,
        is_lost: bool,
        comes_twice: bool,
    ) -> Result<(), PowerLost> {
        let client = &self.clients[index];
        let Some((producer_id, producer_epoch)) = client.producer else { return Ok(()) };
        let request = EndTxnRequest {
            transactional_id: client.transactional_id.clone(),
            producer_id: producer_id.0,
            producer_epoch,
            committed: commits,
            ..EndTxnRequest::default()
        };
        let version = if client.raises_epoch() { 5 } else { 4 };
        if comes_twice {
            self.copy(Late::End(request.clone(), version));
        }
        if is_lost {
            return Ok(());
        }
        self.asked.insert(token, Asked::Client);
        let outcome = self.coordinator.handle_end_txn(self.now(), version, &request, token);
        self.settle(outcome)
    }

    /// Producers read their answers, unless those are lost or come too late.
    pub(super) fn deliver_answers(&mut self) -> Result<(), PowerLost> {
        while let Some((token, answer)) = self.answers.pop_front() {
            let waits = |client: &Client| client.waits_for == Some(token);
            let Some(index) = self.clients.iter().position(waits) else { continue };
            if self.dice.one_in(40) {
                continue;
            }
            self.clients[index].waits_for = None;
            let id = self.clients[index].transactional_id.clone();
            self.note(|_| format!("{id} hears {answer:?}"));
            self.hear(index, answer);
        }
        Ok(())
    }

    fn hear(&mut self, index: usize, answer: Answer) {
        let wish = self.clients[index].wish.clone();
        match (wish, answer) {
            (Some(Wish::Initialize { .. }), Answer::Initialized(response)) => {
                self.initialized(index, &response);
            }
            (Some(Wish::Add(partition)), Answer::Added(error)) => self.added(index, partition, error),
            (Some(Wish::Produce(produce)), Answer::Produced(error)) => {
                self.produced(index, &produce, error);
            }
            (Some(Wish::End { commits }), Answer::Ended(response)) => {
                self.ended(index, commits, &response);
            }
            (wish, answer) => panic!("{answer:?} is no answer to {wish:?}"),
        }
    }

    fn initialized(&mut self, index: usize, response: &InitProducerIdResponse) {
        match ErrorCode::from(response.error_code) {
            ErrorCode::None => {
                let client = &mut self.clients[index];
                client.wish = None;
                client.become_producer(response.producer_id, response.producer_epoch);
            }
            ErrorCode::ProducerFenced => self.fenced(index),
            error => assert_comes_again(error),
        }
    }

    fn added(&mut self, index: usize, partition: usize, error: ErrorCode) {
        match error {
            ErrorCode::None => {
                let client = &mut self.clients[index];
                client.wish = None;
                client.added.insert(partition);
            }
            ErrorCode::ProducerFenced | ErrorCode::InvalidProducerIdMapping => self.fenced(index),
            error => assert_comes_again(error),
        }
    }

    fn produced(&mut self, index: usize, produce: &Produce, error: ErrorCode) {
        match error {
            ErrorCode::None => {
                let client = &mut self.clients[index];
                client.wish = None;
                client.has_sent = true;
                let next = produce.sequence + produce.values.len() as i32;
                client.sequences.insert(produce.partition, next);
            }
            // The transaction is not what it was: whether this producer still holds it, the end will tell.
            ErrorCode::InvalidProducerEpoch
            | ErrorCode::OutOfOrderSequenceNumber
            | ErrorCode::TransactionAbortable => self.give_up(index),
            ErrorCode::ProducerFenced | ErrorCode::InvalidProducerIdMapping => self.fenced(index),
            error => assert_comes_again(error),
        }
    }

    fn ended(&mut self, index: usize, commits: bool, response: &EndTxnResponse) {
        let client = &mut self.clients[index];
        match ErrorCode::from(response.error_code) {
            ErrorCode::None => {
                client.wish = None;
                if client.raises_epoch() {
                    client.become_producer(response.producer_id, response.producer_epoch);
                }
                if let Some(txn) = client.txn {
                    let fate = if commits { Fate::Committed } else { Fate::Aborted };
                    self.truth.set_fate(txn, fate);
                }
                self.clients[index].leave_transaction();
            }
            ErrorCode::ProducerFenced | ErrorCode::InvalidProducerIdMapping => self.fenced(index),
            // It was aborted meanwhile, or there never was one.
            ErrorCode::InvalidTxnState => {
                if let Some(txn) = client.txn.filter(|_| commits) {
                    self.truth.set_fate(txn, Fate::Aborted);
                    self.clients[index].leave_transaction();
                }
                self.fenced(index);
            }
            error => assert_comes_again(error),
        }
    }

    fn fenced(&mut self, index: usize) {
        self.stats.fenced += 1;
        self.die(index, true);
    }
}

/// Errors after which a producer asks again.
fn assert_comes_again(error: ErrorCode) {
    let retriable = [
        ErrorCode::ConcurrentTransactions,
        ErrorCode::CoordinatorNotAvailable,
        ErrorCode::CoordinatorLoadInProgress,
        ErrorCode::NotCoordinator,
    ];
    assert!(retriable.contains(&error), "a producer hears {error:?}");
}

fn told(wish: &Wish) -> String {
    match wish {
        Wish::Produce(produce) => super::leader::told(produce),
        other => format!("{other:?}"),
    }
}
