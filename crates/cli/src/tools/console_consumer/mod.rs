//! `console-consumer`: prints the messages of topics, as Kafka's `ConsoleConsumer` does.

mod formatter;
mod options;

use std::collections::BTreeMap;
use std::time::Duration;

use ottla_client::TopicPartition;
use ottla_client::consumer::{Consumer, ConsumerConfig, ConsumerError, ConsumerRecord, ConsumerRecords};
use ottla_record::Offset;
use tokio::time::Instant;

use crate::frame::{Arguments, Console, Run, Stop, StopSignals, Syntax, Tool};
use formatter::{FormatError, Formatter};
use options::{
    ENABLE_SYSTEST_EVENTS, FORMATTER, INCLUDE, OPTIONS, PARTITION, SKIP_MESSAGE_ON_ERROR, Settings, Start,
    TOPIC,
};

pub(super) const TOOL: Tool = Tool {
    name: "console-consumer",
    script: Some("kafka-console-consumer"),
    summary: "Print the messages of topics.",
    description: "This tool helps to read data from Kafka topics and outputs it to standard output.",
    syntax: Syntax::Options(OPTIONS),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

/// How long to wait at the end for the last commit and the farewell to the group.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);
/// Waits are cut into pieces of this length.
const POLL_TIMEOUT_MAX: Duration = Duration::from_secs(3600);

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let settings = Settings::read(arguments, console)?;
    let class = arguments.value(&FORMATTER)?.unwrap_or_default();
    let formatter = formatter::by_class(class, &settings.formatter, console)?;
    let mut signals = StopSignals::listen()?;
    let config = ConsumerConfig::new(&settings.consumer).map_err(|error| Stop::Failed(error.into()))?;
    let mut consumer = Consumer::new(config);
    if let Err(error) = subscribe(&mut consumer, arguments, settings.start).await {
        return Err(Stop::Failed(error));
    }
    let mut session = Session {
        formatter,
        skips_errors: arguments.has(&SKIP_MESSAGE_ON_ERROR),
        messages: 0,
        messages_max: settings.max_messages,
        timeout: settings.timeout_ms.map(Duration::from_millis),
    };
    let ended = tokio::select! {
        ended = session.process(&mut consumer, console) => ended,
        signal = signals.next() => Ok(Ended::Signal(signal)),
    };
    let _ = console.flush();
    if let Err(error) = consumer.close(CLOSE_TIMEOUT).await {
        tracing::warn!(%error, "could not close the consumer in order");
    }
    writeln!(console.err()?, "Processed a total of {} messages", session.messages)?;
    if arguments.has(&ENABLE_SYSTEST_EVENTS) {
        writeln!(console.out(), "shutdown_complete")?;
    }
    match ended? {
        Ended::Done => Ok(()),
        // What the shell says of a process that ended by the signal.
        Ended::Signal("SIGINT") => Err(Stop::Status(130)),
        Ended::Signal(_) => Err(Stop::Status(143)),
    }
}

async fn subscribe(
    consumer: &mut Consumer,
    arguments: &Arguments,
    start: Start,
) -> Result<(), anyhow::Error> {
    let Some(topic) = arguments.value(&TOPIC)? else {
        return Ok(consumer.subscribe_pattern(arguments.value(&INCLUDE)?.unwrap_or_default())?);
    };
    let Some(partition) = arguments.integer(&PARTITION)? else {
        return Ok(consumer.subscribe([topic]).await?);
    };
    let partition = TopicPartition::new(topic, partition);
    consumer.assign([partition.clone()]).await?;
    match start {
        Start::Earliest => consumer.seek_to_beginning(&[partition])?,
        Start::Latest => consumer.seek_to_end(&[partition])?,
        Start::At(offset) => consumer.seek(&partition, Offset(offset))?,
    }
    Ok(())
}

/// Why no more messages are printed.
enum Ended {
    Done,
    Signal(&'static str),
}

/// What is printed, and how much of it.
struct Session {
    formatter: Box<dyn Formatter>,
    skips_errors: bool,
    messages: u64,
    messages_max: Option<u64>,
    timeout: Option<Duration>,
}

impl Session {
    /// Prints messages until there are enough, or none comes for too long.
    async fn process(&mut self, consumer: &mut Consumer, console: &mut Console<'_>) -> Result<Ended, Stop> {
        let mut last = Instant::now();
        while !self.is_enough() {
            console.flush()?;
            let wait =
                self.timeout.map_or(POLL_TIMEOUT_MAX, |timeout| timeout.saturating_sub(last.elapsed()));
            match consumer.poll(wait.min(POLL_TIMEOUT_MAX)).await {
                Ok(records) if !records.is_empty() => {
                    last = Instant::now();
                    self.print(&records, consumer, console)?;
                }
                Ok(_) if self.timeout.is_none_or(|timeout| last.elapsed() < timeout) => {}
                Ok(_) => {
                    complain(console, "org.apache.kafka.common.errors.TimeoutException")?;
                    return Ok(Ended::Done);
                }
                Err(ConsumerError::Woken) => return Ok(Ended::Done),
                Err(error) => {
                    complain(console, &error.to_string())?;
                    return Ok(Ended::Done);
                }
            }
        }
        Ok(Ended::Done)
    }

    fn is_enough(&self) -> bool {
        self.messages_max.is_some_and(|max| self.messages >= max)
    }

    fn print(
        &mut self,
        records: &ConsumerRecords,
        consumer: &mut Consumer,
        console: &mut Console<'_>,
    ) -> Result<(), Stop> {
        let mut all = records.iter();
        while !self.is_enough() {
            let Some(record) = all.next() else { return Ok(()) };
            self.messages += 1;
            match self.formatter.write(&record, console.out()) {
                Ok(()) => {}
                Err(FormatError::Output(error)) => return Err(error.into()),
                Err(FormatError::Record(why)) if self.skips_errors => {
                    writeln!(console.err()?, "Error processing message, skipping this message: {why}")?;
                }
                Err(FormatError::Record(why)) => {
                    give_back(consumer, all);
                    return Err(Stop::Said(format!("Unknown error when running consumer: {why}")));
                }
            }
        }
        give_back(consumer, all);
        Ok(())
    }
}

/// What was read and not printed does not count as read.
fn give_back<'a>(consumer: &mut Consumer, unread: impl Iterator<Item = ConsumerRecord<'a>>) {
    let mut first: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
    for record in unread {
        first
            .entry(TopicPartition::new(record.topic(), record.partition()))
            .or_insert_with(|| record.offset());
    }
    for (partition, offset) in first {
        // It may have gone to another member in the meantime.
        let _ = consumer.seek(&partition, offset);
    }
}

fn complain(console: &mut Console<'_>, why: &str) -> std::io::Result<()> {
    let err = console.err()?;
    writeln!(err, "Error processing message, terminating consumer process: ")?;
    writeln!(err, "{why}")
}
