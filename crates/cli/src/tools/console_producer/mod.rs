//! `console-producer`: sends each line of its input as a record, as Kafka's `ConsoleProducer` does.

mod lines;
mod options;
mod reader;

use std::collections::VecDeque;
use std::time::Duration;

use ottla_client::producer::{Delivery, ProduceError, Producer, ProducerConfig};

use crate::frame::{Arguments, Console, Run, Stop, StopSignals, Syntax, Tool};
use crate::java::exception_class;
use lines::Lines;
use reader::{LineReader, Read};

pub(super) const TOOL: Tool = Tool {
    name: "console-producer",
    script: Some("kafka-console-producer"),
    summary: "Send each line of the input as a record.",
    description: "This tool helps to read data from standard input and publish it to Kafka.",
    syntax: Syntax::Options(options::OPTIONS),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    options::check(arguments, console)?;
    let reader = LineReader::new(&options::reader_properties(arguments)?)?;
    let config = ProducerConfig::from_properties(&options::producer_properties(arguments)?);
    let config = config.map_err(|error| Stop::Failed(error.into()))?;
    let producer = Producer::with_own_thread(config).map_err(|error| Stop::Failed(error.into()))?;
    let terminals = console.terminals();
    let mut session = Session {
        producer,
        reader,
        is_sync: arguments.has(&options::SYNC),
        prompts: terminals.input && terminals.out,
        sent: VecDeque::new(),
    };
    let mut signals = StopSignals::listen()?;
    let ended = tokio::select! {
        ended = session.send_lines(console) => ended,
        signal = signals.next() => Err(Stop::Status(if signal == "SIGINT" { 130 } else { 143 })),
    };
    // What is still on its way has its own time limit.
    session.producer.close(Duration::MAX).await;
    session.report(console, true)?;
    ended
}

/// The input on its way to the cluster.
struct Session {
    producer: Producer,
    reader: LineReader,
    /// Whether each record is waited for before the next is sent.
    is_sync: bool,
    prompts: bool,
    /// Records that are not known to have arrived, the oldest first; bounded by the producer's memory.
    sent: VecDeque<Sent>,
}

/// What is said of a record if it does not arrive.
struct Sent {
    delivery: Delivery,
    key: Option<usize>,
    value: Option<usize>,
}

impl Session {
    async fn send_lines(&mut self, console: &mut Console<'_>) -> Result<(), Stop> {
        let mut lines = Lines::of(console.take_input());
        loop {
            if self.prompts {
                write!(console.out(), ">")?;
                console.flush()?;
            }
            let Some(line) = lines.next().await.map_err(|error| Stop::Failed(error.into()))? else {
                return Ok(());
            };
            let read = self.reader.read(&line).map_err(said)?;
            self.send(&read, console).await?;
        }
    }

    async fn send(&mut self, read: &Read<'_>, console: &mut Console<'_>) -> Result<(), Stop> {
        let headers = read.headers();
        let record = self.reader.record(read, &headers);
        let sizes = (read.key.map(<[u8]>::len), read.value.map(<[u8]>::len));
        match self.producer.send(&record).await {
            Ok(delivery) if self.is_sync => {
                delivery.done().await.map_err(|error| Stop::Said(exception(&error)))?;
            }
            Ok(delivery) => {
                self.sent.push_back(Sent { delivery, key: sizes.0, value: sizes.1 });
                self.report(console, false)?;
            }
            Err(error) if self.is_sync => return Err(Stop::Said(exception(&error))),
            Err(error) => self.complain(console, sizes, &error)?,
        }
        Ok(())
    }

    /// Says which records did not arrive, as far as that is known; at the end it is known of all.
    fn report(&mut self, console: &mut Console<'_>, is_end: bool) -> Result<(), Stop> {
        while let Some(front) = self.sent.front() {
            let told = front.delivery.try_done();
            if told.is_none() && !is_end {
                break;
            }
            let (key, value) = (front.key, front.value);
            self.sent.pop_front();
            if let Some((Err(error), _)) = told {
                self.complain(console, (key, value), &error)?;
            }
        }
        Ok(())
    }

    fn complain(
        &self,
        console: &mut Console<'_>,
        (key, value): (Option<usize>, Option<usize>),
        error: &ProduceError,
    ) -> Result<(), Stop> {
        let size = |bytes: Option<usize>| bytes.map_or_else(|| "null".to_owned(), |n| format!("{n} bytes"));
        let (topic, key, value) = (self.reader.topic(), size(key), size(value));
        writeln!(
            console.err()?,
            "ERROR Error when sending message to topic {topic} with key: {key}, value: {value} with error: {}",
            exception(error)
        )?;
        Ok(())
    }
}

fn exception(error: &ProduceError) -> String {
    format!("{}: {error}", exception_class(error.code()))
}

fn said(message: String) -> Stop {
    Stop::Said(format!("org.apache.kafka.common.KafkaException: {message}"))
}
