//! The state machine alone: what is asked for, answered, and what comes next.

use ottla_record::{Offset, ProducerId};
use ottla_wire::ErrorCode as E;

use super::core::{Core, Observed, Pace, Step};
use super::request::{Reply, Request};
use super::state::State;
use super::*;
use crate::offset_and_metadata::OffsetAndMetadata;
use crate::producer::batch::Identity;

const V1: Observed = Observed { features_epoch: 1, transaction_version: 1, can_bump: true };
const V2: Observed = Observed { features_epoch: 2, transaction_version: 2, can_bump: true };
const OLD: Observed = Observed { features_epoch: -1, transaction_version: 0, can_bump: false };

fn identity(epoch: i16) -> Identity {
    Identity { producer_id: ProducerId(7), epoch }
}

fn partition(index: i32) -> TopicPartition {
    TopicPartition::new("t", index)
}

fn group() -> ConsumerGroupMetadata {
    ConsumerGroupMetadata {
        group_id: "g".into(),
        generation_id: 3,
        member_id: "m".into(),
        group_instance_id: None,
    }
}

fn offsets(indexes: &[i32]) -> Offsets {
    indexes.iter().map(|index| (partition(*index), OffsetAndMetadata::new(Offset(5)))).collect()
}

/// A core, whose invariants hold after every step.
struct Tested(Core);

impl Tested {
    /// A producer that has its first identity.
    fn ready(observed: Observed) -> Self {
        let mut core = Core::new("id".to_owned());
        let completion = core.begin_init().unwrap();
        let Step::Send(request @ Request::Init { current: None }) = core.step(false) else { panic!() };
        core.observe(observed);
        core.handle(&request, Ok(Reply::Initialized(identity(0))));
        tell(&completion).unwrap();
        assert_eq!(core.state(), State::Ready);
        Self(core)
    }

    fn in_transaction(observed: Observed) -> Self {
        let mut core = Self::ready(observed);
        core.0.begin().unwrap();
        core
    }

    fn sends(&mut self, has_records: bool) -> Request {
        self.0.invariants();
        match self.0.step(has_records) {
            Step::Send(request) => request,
            step => panic!("{step:?} in {:?}", self.0.state()),
        }
    }

    fn answer(&mut self, request: &Request, outcome: Result<Reply, E>) -> Pace {
        let pace = self.0.handle(request, outcome.map_err(ClientError::from));
        self.0.invariants();
        pace
    }

    fn end(&mut self, is_commit: bool) -> Arc<Completion> {
        self.0.begin_end(is_commit, None).unwrap()
    }

    fn drained(&mut self) {
        assert_eq!(self.0.step(true), Step::Drain);
        self.0.drained();
    }

    fn added(&mut self, indexes: &[i32]) {
        let request = self.sends(true);
        let codes = indexes.iter().map(|index| (partition(*index), E::None)).collect();
        assert_eq!(self.answer(&request, Ok(Reply::Partitions(codes))), Pace::Now);
    }
}

/// As a user who waits, and need not.
fn tell(completion: &Completion) -> Result<(), TransactionError> {
    assert!(completion.result().is_some(), "not done yet");
    futures_util::FutureExt::now_or_never(completion.wait()).unwrap()
}

#[test]
fn version_2_has_an_epoch_for_each_transaction_and_names_no_partitions() {
    let mut core = Tested::in_transaction(V2);
    assert!(!core.0.enlist(partition(0)).unwrap());
    assert_eq!(core.0.step(true), Step::Idle);
    let done = core.end(true);
    core.drained();
    let request = core.sends(true);
    assert_eq!(request, Request::End { identity: identity(0), is_v2: true, is_commit: true });
    assert_eq!(core.answer(&request, Err(E::ConcurrentTransactions)), Pace::Later { elsewhere: false });
    assert_eq!(core.sends(true), request);
    assert_eq!(core.answer(&request, Err(E::NotCoordinator)), Pace::Later { elsewhere: true });
    core.answer(&request, Ok(Reply::Ended(Some(identity(1)))));
    tell(&done).unwrap();
    assert_eq!((core.0.state(), core.0.identity()), (State::Ready, Some(identity(1))));
}

#[test]
fn version_1_tells_of_partitions_first_and_keeps_its_epoch() {
    let mut core = Tested::in_transaction(V1);
    assert!(core.0.enlist(partition(1)).unwrap() && core.0.enlist(partition(0)).unwrap());
    let request = core.sends(true);
    let partitions = vec![partition(0), partition(1)];
    assert_eq!(request, Request::AddPartitions { identity: identity(0), partitions });
    let concurrent = vec![(partition(0), E::None), (partition(1), E::ConcurrentTransactions)];
    assert_eq!(core.answer(&request, Ok(Reply::Partitions(concurrent))), Pace::Soon);
    core.added(&[0, 1]);
    assert!(!core.0.enlist(partition(1)).unwrap());
    let done = core.end(true);
    core.drained();
    let request = core.sends(true);
    assert_eq!(request, Request::End { identity: identity(0), is_v2: false, is_commit: true });
    core.answer(&request, Ok(Reply::Ended(None)));
    tell(&done).unwrap();
    assert_eq!(core.0.identity(), Some(identity(0)));
    core.0.begin().unwrap();
    assert!(core.0.enlist(partition(1)).unwrap());
}

#[test]
fn what_an_answer_leaves_out_is_asked_for_again() {
    let mut core = Tested::in_transaction(V1);
    core.0.enlist(partition(0)).unwrap();
    core.0.enlist(partition(1)).unwrap();
    let request = core.sends(true);
    let codes = vec![(partition(0), E::None), (partition(9), E::None)];
    assert_eq!(core.answer(&request, Ok(Reply::Partitions(codes))), Pace::Later { elsewhere: false });
    assert!(core.0.is_added(&partition(0)) && !core.0.is_added(&partition(9)));
    assert_eq!(
        core.sends(true),
        Request::AddPartitions { identity: identity(0), partitions: vec![partition(1)] }
    );
}

#[test]
fn nothing_is_ended_that_never_began() {
    for observed in [V1, V2] {
        let mut core = Tested::in_transaction(observed);
        let done = core.end(true);
        core.0.drained();
        assert_eq!(core.0.step(false), Step::Idle);
        tell(&done).unwrap();
        assert_eq!((core.0.state(), core.0.identity()), (State::Ready, Some(identity(0))));
    }
}

#[test]
fn partitions_asked_for_are_settled_before_an_abort() {
    let mut core = Tested::in_transaction(V1);
    core.0.enlist(partition(0)).unwrap();
    let request = core.sends(true);
    let _done = core.end(false);
    // The coordinator may have added them: only its answer tells whether there is something to abort.
    assert_eq!(core.answer(&request, Err(E::CoordinatorLoadInProgress)), Pace::Later { elsewhere: false });
    core.added(&[0]);
    core.drained();
    assert_eq!(core.sends(true), Request::End { identity: identity(0), is_v2: false, is_commit: false });
}

#[test]
fn a_partition_that_may_not_take_part_dooms_the_transaction() {
    let mut core = Tested::in_transaction(V1);
    core.0.enlist(partition(0)).unwrap();
    core.0.enlist(partition(1)).unwrap();
    let request = core.sends(true);
    let codes = vec![(partition(0), E::OperationNotAttempted), (partition(1), E::TopicAuthorizationFailed)];
    core.answer(&request, Ok(Reply::Partitions(codes)));
    assert_eq!(core.0.state(), State::AbortableError);
    let error = core.0.begin_end(true, None).unwrap_err();
    assert!(error.is_abortable() && error.code() == E::TopicAuthorizationFailed, "{error}");
    let done = core.end(false);
    core.0.drained();
    assert_eq!(core.0.step(false), Step::Idle);
    tell(&done).unwrap();
    assert_eq!(core.0.state(), State::Ready);
}

#[test]
fn offsets_go_by_the_version() {
    let mut core = Tested::in_transaction(V1);
    let done = core.0.send_offsets(offsets(&[0, 1]), group()).unwrap();
    let request = core.sends(false);
    assert_eq!(request, Request::AddOffsets { identity: identity(0), group_id: "g".into() });
    core.answer(&request, Ok(Reply::OffsetsAdded));
    let request = core.sends(false);
    let codes = vec![(partition(0), E::None), (partition(1), E::NotCoordinator)];
    assert_eq!(core.answer(&request, Ok(Reply::Partitions(codes))), Pace::Later { elsewhere: true });
    let Request::CommitOffsets { offsets: left, is_v2: false, .. } = core.sends(false) else { panic!() };
    assert_eq!(left, offsets(&[1]));
    core.answer(&request, Ok(Reply::Partitions(vec![(partition(1), E::None)])));
    tell(&done).unwrap();
    let mut core = Tested::in_transaction(V2);
    core.0.send_offsets(offsets(&[0]), group()).unwrap();
    assert!(matches!(core.sends(false), Request::CommitOffsets { is_v2: true, .. }));
    // The offsets alone are enough to end.
    let _done = core.end(true);
    let request = core.sends(false);
    core.answer(&request, Ok(Reply::Partitions(vec![(partition(0), E::None)])));
    core.drained();
    assert!(matches!(core.sends(false), Request::End { is_commit: true, .. }));
}

#[test]
fn a_group_that_moved_on_dooms_the_transaction() {
    let mut core = Tested::in_transaction(V2);
    let done = core.0.send_offsets(offsets(&[0]), group()).unwrap();
    let request = core.sends(false);
    core.answer(&request, Ok(Reply::Partitions(vec![(partition(0), E::IllegalGeneration)])));
    assert!(tell(&done).unwrap_err().is_abortable());
    assert_eq!(core.0.state(), State::AbortableError);
    assert!(core.0.send_offsets(offsets(&[0]), group()).unwrap_err().is_abortable());
}

#[test]
fn a_failed_batch_leads_to_a_new_epoch() {
    // The coordinator gives it with the end of the transaction, or is asked for it.
    for (observed, asks) in [(V1, true), (V2, false)] {
        let mut core = Tested::in_transaction(observed);
        if core.0.enlist(partition(0)).unwrap() {
            core.added(&[0]);
        }
        core.0.batch_failed(E::RequestTimedOut, "too late");
        assert!(matches!(core.0.doom(), Some(Doom::Failed(_))));
        assert_eq!(core.0.step(true), Step::Idle);
        let done = core.end(false);
        core.drained();
        let request = core.sends(true);
        core.answer(&request, Ok(Reply::Ended((!asks).then(|| identity(1)))));
        if asks {
            assert_eq!(core.0.state(), State::Initializing);
            let request = core.sends(true);
            assert_eq!(request, Request::Init { current: Some(identity(0)) });
            assert_eq!(
                core.answer(&request, Err(E::ConcurrentTransactions)),
                Pace::Later { elsewhere: false }
            );
            core.answer(&request, Ok(Reply::Initialized(identity(1))));
        }
        tell(&done).unwrap();
        assert_eq!((core.0.state(), core.0.identity()), (State::Ready, Some(identity(1))));
    }
}

#[test]
fn a_batch_that_fails_ends_the_commit_that_waits_for_it() {
    let mut core = Tested::in_transaction(V2);
    let done = core.end(true);
    core.0.batch_failed(E::MessageTooLarge, "too large");
    assert!(tell(&done).unwrap_err().is_abortable());
    let done = core.end(false);
    core.drained();
    // What fails while it is aborted changes nothing.
    core.0.batch_failed(E::RequestTimedOut, "too late");
    let request = core.sends(true);
    core.answer(&request, Ok(Reply::Ended(Some(identity(1)))));
    tell(&done).unwrap();
}

#[test]
fn without_new_epochs_a_failed_batch_is_the_end() {
    let mut core = Tested::in_transaction(OLD);
    core.0.batch_failed(E::RequestTimedOut, "too late");
    assert!(core.0.fatal().unwrap().is_fatal());
}

#[test]
fn a_fenced_producer_is_done_for() {
    for code in [E::ProducerFenced, E::InvalidProducerEpoch] {
        let mut core = Tested::in_transaction(V2);
        let done = core.end(true);
        core.drained();
        let request = core.sends(true);
        core.answer(&request, Err(code));
        assert_eq!(
            tell(&done).unwrap_err().to_string(),
            "another producer with transactional.id id has taken over"
        );
        for error in [core.0.begin().unwrap_err(), core.0.begin_end(false, None).unwrap_err()] {
            assert!(matches!(error, TransactionError::Fenced { .. }), "{error}");
        }
        assert_eq!(core.0.step(true), Step::Idle);
        // Answers that come late change nothing.
        core.answer(&request, Ok(Reply::Ended(Some(identity(1)))));
        assert_eq!(core.0.identity(), Some(identity(0)));
    }
    let mut core = Tested::in_transaction(V2);
    core.0.batch_failed(E::ProducerFenced, "fenced");
    assert_eq!(core.0.state(), State::FatalError);
    // An old epoch in an answer of a partition's leader is not proof enough.
    let mut core = Tested::in_transaction(V2);
    core.0.batch_failed(E::InvalidProducerEpoch, "old");
    assert_eq!(core.0.state(), State::AbortableError);
}

#[test]
fn an_abort_that_cannot_be_done_is_the_end() {
    for code in [E::TransactionAbortable, E::UnknownProducerId, E::InvalidTxnState] {
        let mut core = Tested::in_transaction(V2);
        let done = core.end(false);
        core.drained();
        let request = core.sends(true);
        core.answer(&request, Err(code));
        assert!(tell(&done).unwrap_err().is_fatal());
    }
}

#[test]
fn a_commit_may_be_refused_for_an_abort() {
    let mut core = Tested::in_transaction(V2);
    let done = core.end(true);
    core.drained();
    let request = core.sends(true);
    core.answer(&request, Err(E::TransactionAbortable));
    assert!(tell(&done).unwrap_err().is_abortable());
    let _done = core.end(false);
    core.drained();
    assert!(matches!(core.sends(true), Request::End { is_commit: false, .. }));
}

#[test]
fn who_is_not_let_in_may_try_again() {
    let mut core = Tested(Core::new("id".to_owned()));
    let done = core.0.begin_init().unwrap();
    let request = core.sends(false);
    core.answer(&request, Err(E::TransactionalIdAuthorizationFailed));
    assert!(matches!(tell(&done), Err(TransactionError::NotInitialized(_))));
    let done = core.0.begin_init().unwrap();
    let request = core.sends(false);
    core.answer(&request, Ok(Reply::Initialized(identity(4))));
    tell(&done).unwrap();
    assert!(matches!(core.0.begin_init(), Err(TransactionError::WrongState { .. })));
}

#[test]
fn what_timed_out_has_to_be_called_again() {
    let mut core = Tested(Core::new("id".to_owned()));
    let first = core.0.begin_init().unwrap();
    let pending = core.0.begin().unwrap_err();
    assert_eq!(
        pending.to_string(),
        "begin_transaction is not possible before init_transactions, which timed out, is called again and done"
    );
    let request = core.sends(false);
    core.answer(&request, Ok(Reply::Initialized(identity(0))));
    // It is done, but nobody was told yet.
    assert!(matches!(core.0.begin(), Err(TransactionError::Pending { .. })));
    let again = core.0.begin_init().unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    tell(&again).unwrap();
    core.0.begin().unwrap();
}

#[test]
fn calls_out_of_turn_are_refused() {
    let mut core = Tested(Core::new("id".to_owned()));
    let error = core.0.begin().unwrap_err();
    assert_eq!(
        error.to_string(),
        "begin_transaction is not possible, the producer is in state `uninitialized`"
    );
    let mut core = Tested::ready(V2);
    assert!(core.0.enlist(partition(0)).is_err() && core.0.send_offsets(offsets(&[0]), group()).is_err());
    assert!(core.0.begin_end(true, None).is_err() && core.0.begin_end(false, None).is_err());
    core.0.begin().unwrap();
    assert!(core.0.begin().is_err());
    let _done = core.end(true);
    assert!(matches!(core.0.begin_end(false, None), Err(TransactionError::Pending { .. })));
}

#[test]
fn an_upgrade_is_heeded_when_a_transaction_ends() {
    let mut core = Tested::in_transaction(V1);
    core.0.enlist(partition(0)).unwrap();
    core.added(&[0]);
    let done = core.0.begin_end(true, Some(V2)).unwrap();
    core.drained();
    let request = core.sends(true);
    assert_eq!(request, Request::End { identity: identity(0), is_v2: false, is_commit: true });
    core.answer(&request, Ok(Reply::Ended(None)));
    let request = core.sends(true);
    assert_eq!(request, Request::Init { current: Some(identity(0)) });
    core.answer(&request, Ok(Reply::Initialized(identity(1))));
    tell(&done).unwrap();
    core.0.begin().unwrap();
    assert!(core.0.is_v2() && !core.0.enlist(partition(0)).unwrap());
    // What an older connection says is no news.
    let _done = core.0.begin_end(true, Some(V1)).unwrap();
    assert!(core.0.is_v2());
}

#[test]
fn any_sequence_of_calls_and_answers_keeps_the_invariants() {
    let codes = [
        E::ConcurrentTransactions,
        E::NotCoordinator,
        E::TransactionAbortable,
        E::UnknownProducerId,
        E::TransactionalIdAuthorizationFailed,
        E::ProducerFenced,
        E::RequestTimedOut,
    ];
    for seed in 1..2000_u64 {
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut draw = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % below) as usize
        };
        let mut core = Core::new("id".to_owned());
        let observed = [V1, V2, OLD][draw(3)];
        let mut waits: Option<Arc<Completion>> = None;
        for _ in 0..60 {
            match draw(9) {
                0 => waits = core.begin_init().ok().or(waits),
                1 => drop(core.begin()),
                2 | 3 => waits = core.begin_end(draw(2) == 0, Some([V1, V2][draw(2)])).ok().or(waits),
                4 => drop(core.send_offsets(offsets(&[0, 1]), group())),
                5 => drop(core.enlist(partition(draw(3) as i32))),
                6 if draw(4) == 0 => core.batch_failed(codes[draw(7)], "failed"),
                7 => core.drained(),
                _ => {}
            }
            if waits.as_ref().is_some_and(|waits| waits.result().is_some()) {
                let _ = tell(&waits.take().unwrap());
            }
            core.invariants();
            let Step::Send(request) = core.step(draw(2) == 0) else { continue };
            core.observe(observed);
            let reply = match &request {
                _ if draw(3) == 0 => Err(codes[draw(7)].into()),
                Request::Init { .. } => Ok(Reply::Initialized(identity(1))),
                Request::AddOffsets { .. } => Ok(Reply::OffsetsAdded),
                Request::End { .. } => Ok(Reply::Ended(None)),
                Request::AddPartitions { partitions, .. } => {
                    Ok(Reply::Partitions(partitions.iter().map(|p| (p.clone(), E::None)).collect()))
                }
                Request::CommitOffsets { offsets, .. } => {
                    Ok(Reply::Partitions(offsets.iter().map(|(p, _)| (p.clone(), E::None)).collect()))
                }
            };
            core.handle(&request, reply);
            core.invariants();
        }
    }
}
