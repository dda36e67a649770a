//! Transactions of our client, on a node of ours and on one of Apache Kafka, one after the other.
//!
//! One producer commits transactions as fast as it can, each of so many records over three partitions; then a consumer that reads what
//! is committed counts them, those of some aborted transactions not among them. The nodes take turns, and the best of the rounds
//! counts for each.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use ottla_client::admin::{CreateTopicsOptions, NewTopic};
use ottla_client::consumer::{Consumer, ConsumerConfig};
use ottla_client::producer::{Producer, ProducerRecord};
use ottla_client::{Admin, TopicPartition};
use ottla_rival::{Kafka, Machine, Node, Pair, Whose};

use crate::figures::{Better, Figures};

const TOPIC: &str = "transactions";
const PARTITIONS: i32 = 3;
/// Transactions before anything is measured.
const WARM_UP: u64 = 100;
/// Transactions that are aborted at the end.
const ABORTED: u64 = 10;
/// How long the consumer waits for more records before it takes them to be all.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to measure transactions.
#[derive(Debug, Args)]
pub struct TransactionsOptions {
    /// Transactions that are committed in each round
    #[arg(long, default_value_t = 2000)]
    transactions: u64,
    /// Records of each
    #[arg(long, default_value_t = 100)]
    records: u64,
    /// Bytes of each record's value
    #[arg(long, default_value_t = 100)]
    size: usize,
    /// How often each node takes its turn
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// Apache Kafka's node alone, or ours
    #[arg(long, value_name = "kafka|ottla")]
    only: Option<Whose>,
    /// Where to work; what is fetched and written stays there
    #[arg(long, default_value = "target/bench-transactions")]
    work: PathBuf,
    /// Jars of Apache Kafka 4.3.1, in place of fetching them
    #[arg(long)]
    libs: Option<PathBuf>,
    /// Our binary
    #[arg(long, default_value = "target/release/ottla")]
    ottla: PathBuf,
}

/// Measures both and prints figures and ratios.
pub fn run(options: &TransactionsOptions) -> anyhow::Result<()> {
    let kafka = Kafka::prepare(&options.work, options.libs.as_deref(), None)?;
    let pair = Pair { kafka, ottla: options.ottla.clone(), machine: Machine::AsShipped };
    println!(
        "# transactions: {} rounds of {} transactions of {} records of {} B",
        options.rounds, options.transactions, options.records, options.size
    );
    let mut figures = Figures::default();
    for round in 0..options.rounds {
        for whose in [Whose::Kafka, Whose::Ottla] {
            if options.only.is_some_and(|only| only != whose) {
                continue;
            }
            eprintln!("round {}, {whose}", round + 1);
            let mut node = Node::formatted(&pair, whose, &format!("bench-{whose}"))?;
            node.start()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime
                .block_on(measure(options, &node, whose, &mut figures))
                .with_context(|| format!("transactions, {whose}"))?;
            node.stop()?;
            ottla_rival::files::renew(&node.data())?;
        }
    }
    figures.print();
    Ok(())
}

async fn measure(
    options: &TransactionsOptions,
    node: &Node<'_>,
    whose: Whose,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let bootstrap = node.bootstrap();
    create_topic(&bootstrap).await?;
    let entries = [("bootstrap.servers", bootstrap.as_str()), ("transactional.id", "bench")];
    let config = ottla_client::producer::ProducerConfig::from_properties(entries)?;
    let producer = Producer::with_own_thread(config)?;
    producer.init_transactions().await?;
    let load = Load { producer: &producer, records: options.records, value: vec![b'x'; options.size] };
    for _ in 0..WARM_UP {
        load.send().await?;
        producer.commit_transaction().await?;
    }
    let (before, start) = (node.server()?.cpu_seconds()?, Instant::now());
    let mut commits = Vec::new();
    for _ in 0..options.transactions {
        load.send().await?;
        let sent = Instant::now();
        producer.commit_transaction().await?;
        commits.push(sent.elapsed());
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), node.server()?.cpu_seconds()? - before);
    for _ in 0..ABORTED {
        load.send().await?;
        producer.abort_transaction().await?;
    }
    producer.close(PATIENCE).await;
    let wanted = (WARM_UP + options.transactions) * options.records;
    let (read, read_seconds) = consume(&bootstrap, wanted).await?;
    ensure!(read == wanted, "{read} records were read, {wanted} are committed");
    commits.sort();
    let part = |share: usize| commits[(commits.len() - 1) * share / 100].as_secs_f64() * 1e3;
    let count = options.transactions as f64;
    figures.note(whose, "transactions", "1/s", Better::More, count / seconds);
    figures.note(whose, "commit, half", "ms", Better::Less, part(50));
    figures.note(whose, "commit, 99%", "ms", Better::Less, part(99));
    figures.note(whose, "node's CPU", "ms each", Better::Less, cpu * 1e3 / count);
    figures.note(whose, "reading what is committed", "records/s", Better::More, read as f64 / read_seconds);
    Ok(())
}

async fn create_topic(bootstrap: &str) -> anyhow::Result<()> {
    let admin = Admin::from_properties([("bootstrap.servers", bootstrap)])?;
    let topic = NewTopic::new(TOPIC, Some(PARTITIONS), Some(1));
    for result in admin.create_topics(&[topic], CreateTopicsOptions::default()).await?.into_values() {
        result?;
    }
    admin.close();
    Ok(())
}

struct Load<'a> {
    producer: &'a Producer,
    records: u64,
    value: Vec<u8>,
}

impl Load<'_> {
    /// Begins a transaction and puts its records on their way.
    async fn send(&self) -> anyhow::Result<()> {
        self.producer.begin_transaction()?;
        for (n, partition) in (0..self.records).zip((0..PARTITIONS).cycle()) {
            let record = ProducerRecord {
                partition: Some(partition),
                key: Some(&n.to_be_bytes()),
                ..ProducerRecord::value(TOPIC, &self.value)
            };
            self.producer.send(&record).await?;
        }
        Ok(())
    }
}

/// Counts what is committed, and how many seconds that takes.
async fn consume(bootstrap: &str, wanted: u64) -> anyhow::Result<(u64, f64)> {
    let entries = [
        ("bootstrap.servers", bootstrap),
        ("isolation.level", "read_committed"),
        ("auto.offset.reset", "earliest"),
    ];
    let mut consumer = Consumer::new(ConsumerConfig::new(entries)?);
    consumer.assign((0..PARTITIONS).map(|partition| TopicPartition::new(TOPIC, partition))).await?;
    let start = Instant::now();
    let (mut read, mut last) = (0, start);
    // Those of the aborted transactions come last, if they come: wait for them a little.
    while last.elapsed() < if read < wanted { PATIENCE } else { Duration::from_secs(1) } {
        let records = consumer.poll(Duration::from_millis(100)).await?;
        if records.count() > 0 {
            (read, last) = (read + records.count() as u64, Instant::now());
        }
    }
    consumer.close(PATIENCE).await?;
    Ok((read, last.duration_since(start).as_secs_f64()))
}
