//! The options of `producer-perf-test`.

use std::fs;
use std::path::Path;

use ottla_client::producer::ProducerConfig;

use crate::frame::{Arguments, ClientProperties, Console, Exclusive, OptionSpec, Stop, load_properties};
use crate::random::random_uuid;

const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "BOOTSTRAP-SERVER",
    "The server(s) to connect to; goes before bootstrap.servers of --command-property and --command-config.",
);
const TOPIC: OptionSpec = OptionSpec::value("topic", "TOPIC", "Send records to this topic.").required();
const NUM_RECORDS: OptionSpec =
    OptionSpec::value("num-records", "NUM-RECORDS", "Number of records to send.").long().required();
const RECORD_SIZE: OptionSpec = OptionSpec::value(
    "record-size",
    "RECORD-SIZE",
    "Bytes of a record's value, which is random capital letters.",
)
.integer();
const PAYLOAD_FILE: OptionSpec = OptionSpec::value(
    "payload-file",
    "PAYLOAD-FILE",
    "UTF-8 text file with values, of which each record has one at random.",
);
const PAYLOAD_MONOTONIC: OptionSpec =
    OptionSpec::flag("payload-monotonic", "The values are the numbers from 0 on.");
const PAYLOAD_DELIMITER: OptionSpec = OptionSpec::value(
    "payload-delimiter",
    "PAYLOAD-DELIMITER",
    "What stands between the values of --payload-file.",
)
.with_default("\\n");
const THROUGHPUT: OptionSpec = OptionSpec::value(
    "throughput",
    "THROUGHPUT",
    "About how many records to send in a second at most; -1 for no limit.",
)
.double()
.required();
const PRODUCER_PROPS: OptionSpec =
    OptionSpec::several("producer-props", "PROP-NAME=PROP-VALUE", "(DEPRECATED) What --command-property is.");
const COMMAND_PROPERTY: OptionSpec = OptionSpec::several(
    "command-property",
    "PROP-NAME=PROP-VALUE",
    "Settings of the producer, such as linger.ms=10 batch.size=32768; they go before --command-config.",
);
const PRODUCER_CONFIG: OptionSpec =
    OptionSpec::value("producer.config", "CONFIG-FILE", "(DEPRECATED) What --command-config is.");
const COMMAND_CONFIG: OptionSpec =
    OptionSpec::value("command-config", "CONFIG-FILE", "Properties file with settings of the producer.");
const PRINT_METRICS: OptionSpec =
    OptionSpec::flag("print-metrics", "Print the producer's metrics at the end.");
const TRANSACTIONAL_ID: OptionSpec = OptionSpec::value(
    "transactional-id",
    "TRANSACTIONAL-ID",
    "The transactional id to use; goes before transactional.id of the producer's settings. Without either, and with \
         --transaction-duration-ms, it is performance-producer- and a random UUID.",
);
const TRANSACTION_DURATION_MS: OptionSpec = OptionSpec::value(
    "transaction-duration-ms",
    "TRANSACTION-DURATION",
    "Milliseconds after which each transaction is committed; 3000 where only a transactional id is given.",
)
.long();
const WARMUP_RECORDS: OptionSpec = OptionSpec::value(
    "warmup-records",
    "WARMUP-RECORDS",
    "How many records come before the steady state, which has a summary of its own.",
)
.with_default("0")
.long();
const REPORTING_INTERVAL: OptionSpec =
    OptionSpec::value("reporting-interval", "INTERVAL-MS", "Milliseconds between two reports.")
        .with_default("5000")
        .long();

pub(super) const OPTIONS: &[OptionSpec] = &[
    BOOTSTRAP_SERVER,
    TOPIC,
    NUM_RECORDS,
    RECORD_SIZE,
    PAYLOAD_FILE,
    PAYLOAD_MONOTONIC,
    PAYLOAD_DELIMITER,
    THROUGHPUT,
    PRODUCER_PROPS,
    COMMAND_PROPERTY,
    PRODUCER_CONFIG,
    COMMAND_CONFIG,
    PRINT_METRICS,
    TRANSACTIONAL_ID,
    TRANSACTION_DURATION_MS,
    WARMUP_RECORDS,
    REPORTING_INTERVAL,
];

pub(super) const EXCLUSIVE: &[Exclusive] =
    &[Exclusive { names: &["record-size", "payload-file", "payload-monotonic"], is_required: true }];

/// What is to be measured.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) topic: String,
    pub(super) records: u64,
    pub(super) warmup: u64,
    pub(super) values: Values,
    /// Records in a second at most; negative for no limit.
    pub(super) throughput: f64,
    pub(super) reporting_interval: u64,
    pub(super) prints_metrics: bool,
    pub(super) config: ProducerConfig,
    /// How many milliseconds each transaction lasts, with transactions only.
    pub(super) transaction_ms: Option<u64>,
}

/// How long transactions last if nothing is said.
const TRANSACTION_MS: u64 = 3000;

/// What the records hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Values {
    /// Random letters, so many.
    Letters(usize),
    /// One of these at random.
    OneOf(Vec<Vec<u8>>),
    /// The record's number.
    Numbers,
}

impl Plan {
    pub(super) fn of(arguments: &Arguments, console: &mut Console<'_>) -> Result<Self, Stop> {
        let records = number(arguments, &NUM_RECORDS, "--num-records")?;
        let warmup = arguments.long(&WARMUP_RECORDS)?.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        if warmup >= records {
            return Err(misused(
                "The value for --warmup-records must be strictly fewer than the number of records in the test, \
                 --num-records.",
            ));
        }
        let size = match arguments.integer(&RECORD_SIZE)? {
            Some(size) if size <= 0 => return Err(misused("--record-size should be greater than zero.")),
            size => size.and_then(|size| usize::try_from(size).ok()),
        };
        check_sources(arguments)?;
        if arguments.long(&TRANSACTION_DURATION_MS)?.is_some_and(|duration| duration <= 0) {
            return Err(misused("--transaction-duration-ms should be greater than zero."));
        }
        let reporting_interval = number(arguments, &REPORTING_INTERVAL, "--reporting-interval")?;
        let values = values(arguments, size, console)?;
        let properties = properties(arguments, console)?;
        let config =
            ProducerConfig::from_properties(&properties).map_err(|error| Stop::Failed(error.into()))?;
        let asked = arguments.long(&TRANSACTION_DURATION_MS)?.and_then(|ms| u64::try_from(ms).ok());
        let transaction_ms = config.transactional_id.is_some().then(|| asked.unwrap_or(TRANSACTION_MS));
        Ok(Self {
            transaction_ms,
            topic: arguments.value(&TOPIC)?.unwrap_or_default().to_owned(),
            records,
            warmup,
            values,
            throughput: arguments.double(&THROUGHPUT)?.unwrap_or(-1.0),
            reporting_interval,
            prints_metrics: arguments.has(&PRINT_METRICS),
            config,
        })
    }
}

fn misused(message: &str) -> Stop {
    Stop::Misused(message.to_owned())
}

fn number(arguments: &Arguments, spec: &OptionSpec, name: &str) -> Result<u64, Stop> {
    let number = arguments.long(spec)?.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    if number == 0 { Err(misused(&format!("{name} should be greater than zero."))) } else { Ok(number) }
}

fn check_sources(arguments: &Arguments) -> Result<(), Stop> {
    let sources = [&BOOTSTRAP_SERVER, &COMMAND_PROPERTY, &PRODUCER_PROPS, &PRODUCER_CONFIG, &COMMAND_CONFIG];
    if !sources.iter().any(|source| arguments.has(source)) {
        return Err(misused(
            "At least one of --bootstrap-server, --command-property, --producer-props, --producer.config or \
             --command-config must be specified.",
        ));
    }
    for (new, old) in [(&COMMAND_PROPERTY, &PRODUCER_PROPS), (&COMMAND_CONFIG, &PRODUCER_CONFIG)] {
        if arguments.has(new) && arguments.has(old) {
            let (new, old) = (new.name, old.name);
            return Err(misused(&format!("--{new} and --{old} cannot be specified together.")));
        }
    }
    Ok(())
}

fn values(arguments: &Arguments, size: Option<usize>, console: &mut Console<'_>) -> Result<Values, Stop> {
    if let Some(size) = size {
        return Ok(Values::Letters(size));
    }
    let Some(file) = arguments.value(&PAYLOAD_FILE)? else { return Ok(Values::Numbers) };
    let path = std::path::absolute(file).unwrap_or_else(|_| Path::new(file).to_owned());
    writeln!(console.out(), "Reading payloads from: {}", path.display())?;
    let text = fs::read(&path).unwrap_or_default();
    if text.is_empty() {
        return Err(Stop::Said("File does not exist or empty file provided.".to_owned()));
    }
    let delimiter = match arguments.value(&PAYLOAD_DELIMITER)? {
        Some("\\n") | None => "\n",
        Some(delimiter) => delimiter,
    };
    let values = pieces(&String::from_utf8_lossy(&text), delimiter);
    writeln!(console.out(), "Number of records read: {}", values.len())?;
    Ok(Values::OneOf(values))
}

/// What stands between delimiters; nothing behind the last one is no piece.
fn pieces(text: &str, delimiter: &str) -> Vec<Vec<u8>> {
    let text = text.strip_suffix(delimiter).unwrap_or(text);
    text.split(delimiter).map(|piece| piece.as_bytes().to_vec()).collect()
}

fn properties(arguments: &Arguments, console: &mut Console<'_>) -> Result<ClientProperties, Stop> {
    let (mut pairs, mut file) = (&COMMAND_PROPERTY, &COMMAND_CONFIG);
    for (used, old, new) in
        [(&mut pairs, &PRODUCER_PROPS, "command-property"), (&mut file, &PRODUCER_CONFIG, "command-config")]
    {
        if arguments.has(old) {
            writeln!(
                console.out(),
                "Option --{} has been deprecated and will be removed in a future version. Use --{new} instead.",
                old.name
            )?;
            *used = old;
        }
    }
    let mut properties = arguments.value(file)?.map(load_properties).transpose()?.unwrap_or_default();
    for pair in arguments.values(pairs) {
        match pair.split('=').collect::<Vec<_>>()[..] {
            [key, value] if !value.is_empty() => properties.insert(key.to_owned(), value.to_owned()),
            _ => return Err(Stop::Said(format!("Invalid property: {pair}"))),
        };
    }
    if let Some(servers) = arguments.value(&BOOTSTRAP_SERVER)? {
        properties.insert("bootstrap.servers".to_owned(), servers.to_owned());
    }
    if let Some(id) = arguments.value(&TRANSACTIONAL_ID)? {
        properties.insert("transactional.id".to_owned(), id.to_owned());
    } else if arguments.has(&TRANSACTION_DURATION_MS) {
        let random = || format!("performance-producer-{}", random_uuid());
        properties.entry("transactional.id".to_owned()).or_insert_with(random);
    }
    properties.entry("client.id".to_owned()).or_insert_with(|| "perf-producer-client".to_owned());
    Ok(properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_file() {
        let texts = |text, delimiter| {
            let pieces = pieces(text, delimiter).into_iter();
            pieces.map(|piece| String::from_utf8(piece).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(texts("a\nb\n", "\n"), ["a", "b"]);
        assert_eq!(texts("a||b\n", "||"), ["a", "b\n"]);
    }
}
