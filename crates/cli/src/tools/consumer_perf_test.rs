//! `consumer-perf-test`: measures how fast a consumer reads, as Kafka's `ConsumerPerformance` does.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ottla_client::TopicPartition;
use ottla_client::consumer::{Consumer, ConsumerConfig, Listening, RebalanceListener};

use crate::frame::{
    Arguments, ClientProperties, Console, OptionSpec, Run, Stop, Syntax, Tool, load_properties, parse_pairs,
};
use crate::java::format_date;

pub(super) const TOOL: Tool = Tool {
    name: "consumer-perf-test",
    script: Some("kafka-consumer-perf-test"),
    summary: "Measure how fast a consumer reads.",
    description: "This tool is used to verify the consumer performance.",
    syntax: Syntax::Options(&[
        BOOTSTRAP_SERVER,
        TOPIC,
        INCLUDE,
        GROUP,
        FETCH_SIZE,
        COMMAND_PROPERTY,
        FROM_LATEST,
        SOCKET_BUFFER_SIZE,
        CONSUMER_CONFIG,
        COMMAND_CONFIG,
        PRINT_METRICS,
        SHOW_DETAILED_STATS,
        TIMEOUT,
        MESSAGES,
        NUM_RECORDS,
        REPORTING_INTERVAL,
        DATE_FORMAT,
        HIDE_HEADER,
    ]),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "server to connect to", "REQUIRED: The server to connect to.");
const TOPIC: OptionSpec = OptionSpec::value("topic", "topic", "Topic to read.");
const INCLUDE: OptionSpec = OptionSpec::value(
    "include",
    "Java regex (String)",
    "Read all topics whose names match this regular expression.",
);
const GROUP: OptionSpec =
    OptionSpec::value("group", "gid", "Consumer group; one of its own if none is named.");
const FETCH_SIZE: OptionSpec =
    OptionSpec::value("fetch-size", "size", "Bytes to fetch of one partition with one request.")
        .with_default("1048576")
        .integer();
const COMMAND_PROPERTY: OptionSpec = OptionSpec::value(
    "command-property",
    "prop1=val1",
    "A setting key=value of the consumer, before those of files.",
);
const FROM_LATEST: OptionSpec = OptionSpec::flag(
    "from-latest",
    "Begin behind the last record, instead of with the first, where the group has committed no offset.",
);
const SOCKET_BUFFER_SIZE: OptionSpec =
    OptionSpec::value("socket-buffer-size", "size", "Size of the socket's receive buffer.")
        .with_default("2097152")
        .integer();
const CONSUMER_CONFIG: OptionSpec =
    OptionSpec::value("consumer.config", "config file", "(DEPRECATED) The former name of --command-config.");
const COMMAND_CONFIG: OptionSpec =
    OptionSpec::value("command-config", "config file", "Properties file with settings of the consumer.");
const PRINT_METRICS: OptionSpec = OptionSpec::flag("print-metrics", "Print the metrics.");
const SHOW_DETAILED_STATS: OptionSpec =
    OptionSpec::flag("show-detailed-stats", "Report every reporting interval instead of at the end.");
const TIMEOUT: OptionSpec =
    OptionSpec::optional_value("timeout", "milliseconds", "End if no record comes for so long.")
        .with_default("10000")
        .long();
const MESSAGES: OptionSpec =
    OptionSpec::value("messages", "count", "(DEPRECATED) The former name of --num-records.").long();
const NUM_RECORDS: OptionSpec =
    OptionSpec::value("num-records", "count", "REQUIRED: Records to read.").long();
const REPORTING_INTERVAL: OptionSpec =
    OptionSpec::value("reporting-interval", "interval_ms", "Milliseconds between two reports.")
        .with_default("5000")
        .long();
const DATE_FORMAT: OptionSpec = OptionSpec::value(
    "date-format",
    "date format",
    "How to print times, in letters of java.text.SimpleDateFormat.",
)
.with_default("yyyy-MM-dd HH:mm:ss:SSS");
const HIDE_HEADER: OptionSpec = OptionSpec::flag("hide-header", "Leave out the header.");

const POLL_TIMEOUT: Duration = Duration::from_millis(100);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);
const MEBIBYTE: f64 = (1 << 20) as f64;

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    check(arguments, console)?;
    let detailed = arguments.has(&SHOW_DETAILED_STATS);
    if !arguments.has(&HIDE_HEADER) {
        let first = if detailed { "time, threadId" } else { "start.time, end.time" };
        writeln!(
            console.out(),
            "{first}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, \
             fetch.MB.sec, fetch.nMsg.sec"
        )?;
    }
    let failed = |error: anyhow::Error| Stop::Said(format!("{error:#}"));
    let config = ConsumerConfig::new(&properties(arguments)?).map_err(|error| failed(error.into()))?;
    let mut consumer = Consumer::new(config);
    let start = now_ms();
    let joins = Arc::new(Mutex::new(Joins { started: start, ..Joins::default() }));
    consumer.set_listener(Listener(Arc::clone(&joins)));
    let subscribed = match arguments.value(&TOPIC)? {
        Some(topic) => consumer.subscribe([topic]).await,
        None => consumer.subscribe_pattern(arguments.value(&INCLUDE)?.unwrap_or_default()),
    };
    subscribed.map_err(|error| failed(error.into()))?;
    let total = consume(&mut consumer, arguments, &joins, console).await?;
    let end = now_ms();
    if !detailed {
        let rebalance = with(&joins, |joins| joins.total);
        let fetch = end - start - rebalance;
        let mebibytes = total.bytes as f64 / MEBIBYTE;
        let seconds = (end - start) as f64 / 1000.0;
        let fetch_seconds = fetch as f64 / 1000.0;
        let format = arguments.value(&DATE_FORMAT)?.unwrap_or_default();
        writeln!(
            console.out(),
            "{}, {}, {mebibytes:.4}, {}, {}, {}, {rebalance}, {fetch}, {}, {}",
            format_date(format, start),
            format_date(format, end),
            fraction(mebibytes / seconds),
            total.records,
            fraction(total.records as f64 / seconds),
            fraction(mebibytes / fetch_seconds),
            fraction(total.records as f64 / fetch_seconds),
        )?;
    }
    if arguments.has(&PRINT_METRICS) {
        writeln!(console.err()?, "metrics of the consumer are not kept")?;
    }
    consumer.close(CLOSE_TIMEOUT).await.map_err(|error| failed(error.into()))
}

fn check(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    arguments.require(&[&BOOTSTRAP_SERVER])?;
    arguments.require_one_of(&[&TOPIC, &INCLUDE])?;
    arguments.require_one_of(&[&MESSAGES, &NUM_RECORDS])?;
    arguments.forbid(&CONSUMER_CONFIG, &[&COMMAND_CONFIG])?;
    for (old, new) in [(&MESSAGES, &NUM_RECORDS), (&CONSUMER_CONFIG, &COMMAND_CONFIG)] {
        if arguments.has(old) {
            let (old, new) = (old.name, new.name);
            writeln!(console.out(), "Warning: --{old} is deprecated. Use --{new} instead.")?;
        }
    }
    if arguments.long(&REPORTING_INTERVAL)?.unwrap_or_default() <= 0 {
        return Err(Stop::Said("Reporting interval must be greater than 0.".to_owned()));
    }
    Ok(())
}

fn properties(arguments: &Arguments) -> Result<ClientProperties, Stop> {
    let file = if arguments.has(&CONSUMER_CONFIG) { &CONSUMER_CONFIG } else { &COMMAND_CONFIG };
    let mut properties = arguments.value(file)?.map(load_properties).transpose()?.unwrap_or_default();
    properties.extend(parse_pairs(arguments.values(&COMMAND_PROPERTY)));
    let own_group = format!("perf-consumer-{}", RandomState::new().build_hasher().finish() % 100_000);
    let reset = if arguments.has(&FROM_LATEST) { "latest" } else { "earliest" };
    for (key, value) in [
        ("bootstrap.servers", arguments.value(&BOOTSTRAP_SERVER)?.unwrap_or_default()),
        ("group.id", arguments.value(&GROUP)?.unwrap_or(&own_group)),
        ("receive.buffer.bytes", arguments.value(&SOCKET_BUFFER_SIZE)?.unwrap_or_default()),
        ("max.partition.fetch.bytes", arguments.value(&FETCH_SIZE)?.unwrap_or_default()),
        ("auto.offset.reset", reset),
        ("check.crcs", "false"),
    ] {
        properties.insert(key.to_owned(), value.to_owned());
    }
    properties.entry("client.id".to_owned()).or_insert_with(|| "perf-consumer-client".to_owned());
    Ok(properties)
}

/// What was read.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    records: i64,
    bytes: i64,
}

async fn consume(
    consumer: &mut Consumer,
    arguments: &Arguments,
    joins: &Mutex<Joins>,
    console: &mut Console<'_>,
) -> Result<Count, Stop> {
    let option = if arguments.has(&MESSAGES) { &MESSAGES } else { &NUM_RECORDS };
    let wanted = arguments.long(option)?.unwrap_or_default();
    let timeout = arguments.long(&TIMEOUT)?.unwrap_or_default();
    let interval = arguments.long(&REPORTING_INTERVAL)?.unwrap_or_default();
    let format = arguments.value(&DATE_FORMAT)?.unwrap_or_default().to_owned();
    let detailed = arguments.has(&SHOW_DETAILED_STATS);
    let mut total = Count::default();
    let mut reported = (total, now_ms());
    let mut last = reported.1;
    let mut now = last;
    while total.records < wanted && now - last <= timeout {
        let records = consumer.poll(POLL_TIMEOUT).await.map_err(|error| Stop::Said(error.to_string()))?;
        now = now_ms();
        if !records.is_empty() {
            last = now;
        }
        for record in records.iter() {
            let size = record.key().map_or(0, <[u8]>::len) + record.value().map_or(0, <[u8]>::len);
            total.records += 1;
            total.bytes += size as i64;
        }
        if !records.is_empty() && now - reported.1 >= interval {
            let rebalance = with(joins, |joins| std::mem::take(&mut joins.round));
            if detailed {
                let line = progress(total, reported, now, rebalance);
                writeln!(console.out(), "{}, 0, {line}", format_date(&format, now))?;
                console.flush()?;
            }
            reported = (total, now);
        }
    }
    if total.records < wanted {
        writeln!(
            console.out(),
            "WARNING: Exiting before consuming the expected number of records: timeout ({timeout} ms) exceeded. You can use \
             the --timeout option to increase the timeout."
        )?;
    }
    Ok(total)
}

/// What happened since the last report, which told of so much at that time.
fn progress(total: Count, reported: (Count, i64), now: i64, rebalance: i64) -> String {
    let elapsed = (now - reported.1) as f64;
    let records = (total.records - reported.0.records) as f64;
    let mebibytes = (total.bytes - reported.0.bytes) as f64 / MEBIBYTE;
    let fetch = now - reported.1 - rebalance;
    let while_fetching = |amount: f64| if fetch <= 0 { 0.0 } else { 1000.0 * amount / fetch as f64 };
    format!(
        "{:.4}, {}, {}, {}, {rebalance}, {fetch}, {}, {}",
        total.bytes as f64 / MEBIBYTE,
        fraction(1000.0 * mebibytes / elapsed),
        total.records,
        fraction(records / elapsed * 1000.0),
        fraction(while_fetching(mebibytes)),
        fraction(while_fetching(records)),
    )
}

/// Four digits behind the point, as Java prints them.
fn fraction(number: f64) -> String {
    if number.is_finite() {
        format!("{number:.4}")
    } else if number.is_nan() {
        "NaN".to_owned()
    } else {
        "Infinity".to_owned()
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// How long the consumer had no partitions.
#[derive(Debug, Default)]
struct Joins {
    assigned: BTreeSet<TopicPartition>,
    started: i64,
    total: i64,
    /// Since the last report.
    round: i64,
}

fn with<T>(joins: &Mutex<Joins>, work: impl FnOnce(&mut Joins) -> T) -> T {
    work(&mut joins.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Listener(Arc<Mutex<Joins>>);

impl RebalanceListener for Listener {
    fn assigned<'a>(&'a mut self, _: &'a mut Consumer, partitions: &'a [TopicPartition]) -> Listening<'a> {
        with(&self.0, |joins| {
            if joins.assigned.is_empty() {
                let elapsed = now_ms() - joins.started;
                joins.total += elapsed;
                joins.round += elapsed;
            }
            joins.assigned.extend(partitions.iter().cloned());
        });
        Box::pin(std::future::ready(()))
    }

    fn revoked<'a>(&'a mut self, _: &'a mut Consumer, partitions: &'a [TopicPartition]) -> Listening<'a> {
        with(&self.0, |joins| {
            joins.assigned.retain(|assigned| !partitions.contains(assigned));
            if joins.assigned.is_empty() {
                joins.started = now_ms();
            }
        });
        Box::pin(std::future::ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_of_the_interval() {
        let total = Count { records: 3000, bytes: 3 << 20 };
        let reported = (Count { records: 1000, bytes: 1 << 20 }, 1000);
        assert_eq!(
            progress(total, reported, 2000, 500),
            "3.0000, 2.0000, 3000, 2000.0000, 500, 500, 4.0000, 4000.0000"
        );
        assert_eq!(
            progress(total, reported, 2000, 1000),
            "3.0000, 2.0000, 3000, 2000.0000, 1000, 0, 0.0000, 0.0000"
        );
    }
}
