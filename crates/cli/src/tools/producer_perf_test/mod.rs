//! `producer-perf-test`: sends many records and tells how fast, as Kafka's `ProducerPerformance` does.

mod metrics;
mod options;
mod stats;
mod throttle;

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ottla_client::producer::{Delivery, Producer, ProducerRecord, TransactionError};
use ottla_record::Timestamp;
use tokio::time::Instant;

use crate::frame::{Arguments, Console, Run, Stop, Syntax, Tool};
use crate::java::{SplittableRandom, exception_class};
use options::{Plan, Values};
use stats::Stats;
use throttle::Throttle;

pub(super) const TOOL: Tool = Tool {
    name: "producer-perf-test",
    script: Some("kafka-producer-perf-test"),
    summary: "Measure how fast records can be sent.",
    description: "This tool is used to verify the producer performance. With a transactional id, or with \
                  --transaction-duration-ms, it sends transactions.",
    syntax: Syntax::Commands {
        program: "kafka-producer-perf-test",
        options: options::OPTIONS,
        exclusive: options::EXCLUSIVE,
        commands: &[],
    },
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

/// Records between two looks at what was acknowledged.
const STRIDE: u64 = 64;

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let plan = Plan::of(arguments, console)?;
    let producer =
        Producer::with_own_thread(plan.config.clone()).map_err(|error| Stop::Failed(error.into()))?;
    if plan.warmup > 0 {
        writeln!(
            console.out(),
            "Warmup first {} records. Steady state results will print after the complete test summary.",
            plan.warmup
        )?;
    }
    console.flush()?;
    if plan.transaction_ms.is_some() {
        producer.init_transactions().await.map_err(failed)?;
    }
    let mut test = Test::new(&plan, producer);
    test.send_all(console).await?;
    if plan.prints_metrics {
        test.producer.flush().await;
    } else {
        test.producer.close(Duration::MAX).await;
    }
    test.reap(console)?;
    test.print_totals(console)?;
    if plan.prints_metrics {
        metrics::write(&test.producer, console.out())?;
        test.producer.close(Duration::MAX).await;
    }
    Ok(())
}

/// A test under way.
struct Test<'a> {
    plan: &'a Plan,
    producer: Producer,
    clock: Clock,
    stats: Stats,
    steady: Option<Stats>,
    /// Records that are not known to have arrived; bounded by the producer's memory.
    sent: VecDeque<Sent>,
}

struct Sent {
    at: u64,
    bytes: usize,
    delivery: Delivery,
    /// Whether it belongs to the steady state.
    is_steady: bool,
}

/// Milliseconds from the start of the test, by a clock that does not jump, and the time of day.
struct Clock {
    start: Instant,
    start_of_day: i64,
}

impl Clock {
    fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), start_of_day: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) }
    }

    fn at(&self, instant: Instant) -> u64 {
        instant.saturating_duration_since(self.start).as_millis() as u64
    }

    fn now(&self) -> u64 {
        self.at(Instant::now())
    }
}

impl<'a> Test<'a> {
    fn new(plan: &'a Plan, producer: Producer) -> Self {
        Self {
            plan,
            producer,
            clock: Clock::start(),
            stats: Stats::new(plan.records, plan.reporting_interval, false, 0),
            steady: None,
            sent: VecDeque::new(),
        }
    }

    async fn send_all(&mut self, console: &mut Console<'_>) -> Result<(), Stop> {
        let mut source = Source::new(&self.plan.values);
        let mut throttle = Throttle::new(self.plan.throughput);
        let mut transaction = Transaction::new(self.plan.transaction_ms);
        for n in 0..self.plan.records {
            transaction.begin_if_due(&self.producer, &self.clock)?;
            let value = source.value(n);
            let at = self.clock.now();
            if self.plan.warmup > 0 && n == self.plan.warmup {
                let rest = self.plan.records - self.plan.warmup;
                self.steady = Some(Stats::new(rest, self.plan.reporting_interval, true, at));
                self.stats.silence();
            }
            let record = ProducerRecord {
                timestamp: Some(Timestamp(self.clock.start_of_day + at as i64)),
                ..ProducerRecord::value(&self.plan.topic, value)
            };
            match self.producer.send(&record).await {
                Ok(delivery) => {
                    let is_steady = self.steady.is_some();
                    self.sent.push_back(Sent { at, bytes: value.len(), delivery, is_steady });
                }
                Err(error) => {
                    writeln!(console.err()?, "{}: {error}", exception_class(error.code()))?;
                }
            }
            transaction.commit_if_due(&self.producer, at).await?;
            if n % STRIDE == 0 {
                self.reap(console)?;
            }
            if let Some(wait) = throttle.wait(n, at) {
                self.reap(console)?;
                tokio::time::sleep(wait).await;
            }
        }
        transaction.commit_if_open(&self.producer).await
    }

    /// Takes what became of the records at the front, as far as that is known.
    fn reap(&mut self, console: &mut Console<'_>) -> Result<(), Stop> {
        while let Some((told, done)) = self.sent.front().and_then(|front| front.delivery.try_done()) {
            let Some(Sent { at, bytes, is_steady, .. }) = self.sent.pop_front() else { break };
            if let Err(error) = told {
                writeln!(console.err()?, "{}: {error}", exception_class(error.code()))?;
                continue;
            }
            let done = self.clock.at(done);
            let latency = done.saturating_sub(at);
            self.stats.record(latency, bytes, done, console.out())?;
            if let Some(steady) = self.steady.as_mut().filter(|_| is_steady) {
                steady.record(latency, bytes, done, console.out())?;
            }
        }
        Ok(())
    }

    fn print_totals(&mut self, console: &mut Console<'_>) -> io::Result<()> {
        let now = self.clock.now();
        self.stats.print_total(now, console.out())?;
        match &mut self.steady {
            Some(steady) => steady.print_total(now, console.out()),
            None => Ok(()),
        }
    }
}

fn failed(error: TransactionError) -> Stop {
    Stop::Failed(error.into())
}

/// The transaction that records go into, if there are any.
struct Transaction {
    /// How many milliseconds one lasts.
    duration: Option<u64>,
    /// When the one that is open began.
    began: Option<u64>,
}

impl Transaction {
    const fn new(duration: Option<u64>) -> Self {
        Self { duration, began: None }
    }

    fn begin_if_due(&mut self, producer: &Producer, clock: &Clock) -> Result<(), Stop> {
        if self.duration.is_some() && self.began.is_none() {
            producer.begin_transaction().map_err(failed)?;
            self.began = Some(clock.now());
        }
        Ok(())
    }

    async fn commit_if_due(&mut self, producer: &Producer, now: u64) -> Result<(), Stop> {
        match (self.duration, self.began) {
            (Some(duration), Some(began)) if duration <= now.saturating_sub(began) => {
                self.commit_if_open(producer).await
            }
            _ => Ok(()),
        }
    }

    async fn commit_if_open(&mut self, producer: &Producer) -> Result<(), Stop> {
        match self.began.take() {
            Some(_) => producer.commit_transaction().await.map_err(failed),
            None => Ok(()),
        }
    }
}

/// Where the values come from. Java's own test sends the same ones.
struct Source<'a> {
    values: &'a Values,
    random: SplittableRandom,
    buffer: Vec<u8>,
}

impl<'a> Source<'a> {
    fn new(values: &'a Values) -> Self {
        let size = if let Values::Letters(size) = values { *size } else { 0 };
        Self { values, random: SplittableRandom::new(0), buffer: vec![0; size] }
    }

    fn value(&mut self, n: u64) -> &[u8] {
        match self.values {
            Values::Letters(_) => {
                for byte in &mut self.buffer {
                    *byte = b'A' + self.random.below(26) as u8;
                }
            }
            Values::OneOf(values) => {
                let count = u32::try_from(values.len()).unwrap_or(u32::MAX).max(1);
                return &values[self.random.below(count) as usize];
            }
            Values::Numbers => self.buffer = n.to_string().into_bytes(),
        }
        &self.buffer
    }
}
