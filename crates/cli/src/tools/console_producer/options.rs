//! The options of `console-producer`, and the producer's settings that they make.

use ottla_client::Address;

use crate::frame::{Arguments, ClientProperties, Console, OptionSpec, Stop, load_properties, parse_pairs};

const TOPIC: OptionSpec = OptionSpec::value("topic", "topic", "REQUIRED: The topic to send to.");
const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "server to connect to",
    "REQUIRED: The server(s) to connect to, as HOST1:PORT1,HOST2:PORT2.",
);
pub(super) const SYNC: OptionSpec =
    OptionSpec::flag("sync", "Wait for each record to be acknowledged before the next one is sent.");
const COMPRESSION_CODEC: OptionSpec = OptionSpec::optional_value(
    "compression-codec",
    "compression-codec",
    "none, gzip, snappy, lz4 or zstd; gzip if nothing follows.",
);
const BATCH_SIZE: OptionSpec =
    OptionSpec::value("batch-size", "size", "Bytes of a batch for one partition: batch.size.")
        .with_default("16384")
        .integer();
const MESSAGE_SEND_MAX_RETRIES: OptionSpec = OptionSpec::value(
    "message-send-max-retries",
    "Integer",
    "How often a batch is sent again after an error that may pass: retries.",
)
.with_default("3")
.integer();
const RETRY_BACKOFF_MS: OptionSpec =
    OptionSpec::value("retry-backoff-ms", "Long", "Milliseconds to wait before a retry: retry.backoff.ms.")
        .with_default("100")
        .long();
const TIMEOUT: OptionSpec = OptionSpec::value(
    "timeout",
    "timeout_ms",
    "Milliseconds that a batch waits for more records: linger.ms.",
)
.with_default("1000")
.long();
const REQUEST_REQUIRED_ACKS: OptionSpec = OptionSpec::value(
    "request-required-acks",
    "request required acks",
    "Who must have a record before it counts as sent: acks.",
)
.with_default("-1");
const REQUEST_TIMEOUT_MS: OptionSpec = OptionSpec::value(
    "request-timeout-ms",
    "request timeout ms",
    "Milliseconds that a request may go without an answer: request.timeout.ms.",
)
.with_default("1500")
.integer();
const METADATA_EXPIRY_MS: OptionSpec = OptionSpec::value(
    "metadata-expiry-ms",
    "metadata expiration interval",
    "Milliseconds after which metadata is asked for again: metadata.max.age.ms.",
)
.with_default("300000")
.long();
const MAX_BLOCK_MS: OptionSpec = OptionSpec::value(
    "max-block-ms",
    "max block on send",
    "Milliseconds that a send may wait: max.block.ms.",
)
.with_default("60000")
.long();
const MAX_MEMORY_BYTES: OptionSpec = OptionSpec::value(
    "max-memory-bytes",
    "total memory in bytes",
    "Bytes of all records that are not acknowledged: buffer.memory.",
)
.with_default("33554432")
.long();
const MAX_PARTITION_MEMORY_BYTES: OptionSpec = OptionSpec::value(
    "max-partition-memory-bytes",
    "memory in bytes per partition",
    "(Deprecated) What --batch-size is.",
)
.with_default("16384")
.integer();
const LINE_READER: OptionSpec = OptionSpec::value(
    "line-reader",
    "reader_class",
    "What makes records of the input; there is none but the default.",
)
.with_default(LINE_MESSAGE_READER);
const SOCKET_BUFFER_SIZE: OptionSpec =
    OptionSpec::value("socket-buffer-size", "size", "Bytes of the socket's send buffer: send.buffer.bytes.")
        .with_default("102400")
        .integer();
const PROPERTY: OptionSpec = OptionSpec::value("property", "prop", "(DEPRECATED) What --reader-property is.");
const READER_PROPERTY: OptionSpec = OptionSpec::value(
    "reader-property",
    "prop",
    "A setting of the line reader as key=value: parse.key=false, parse.headers=false, ignore.error=false, \
     key.separator=\\t, headers.delimiter=\\t, headers.separator=,, headers.key.separator=:, null.marker= (what \
     stands for null; nothing does by default). With both headers and key a line is \
     \"h1:v1,h2:v2...\\tkey\\tvalue\".",
);
const READER_CONFIG: OptionSpec = OptionSpec::value(
    "reader-config",
    "config file",
    "Properties file with settings of the line reader; --reader-property goes before it.",
);
const PRODUCER_PROPERTY: OptionSpec =
    OptionSpec::value("producer-property", "producer_prop", "(DEPRECATED) What --command-property is.");
const COMMAND_PROPERTY: OptionSpec =
    OptionSpec::value("command-property", "producer_prop", "A setting of the producer as key=value.");
const PRODUCER_CONFIG: OptionSpec =
    OptionSpec::value("producer.config", "config file", "(DEPRECATED) What --command-config is.");
const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "config file",
    "Properties file with settings of the producer; --command-property goes before it.",
);

pub(super) const OPTIONS: &[OptionSpec] = &[
    TOPIC,
    BOOTSTRAP_SERVER,
    SYNC,
    COMPRESSION_CODEC,
    BATCH_SIZE,
    MESSAGE_SEND_MAX_RETRIES,
    RETRY_BACKOFF_MS,
    TIMEOUT,
    REQUEST_REQUIRED_ACKS,
    REQUEST_TIMEOUT_MS,
    METADATA_EXPIRY_MS,
    MAX_BLOCK_MS,
    MAX_MEMORY_BYTES,
    MAX_PARTITION_MEMORY_BYTES,
    LINE_READER,
    SOCKET_BUFFER_SIZE,
    PROPERTY,
    READER_PROPERTY,
    READER_CONFIG,
    PRODUCER_PROPERTY,
    COMMAND_PROPERTY,
    PRODUCER_CONFIG,
    COMMAND_CONFIG,
];

const LINE_MESSAGE_READER: &str = "org.apache.kafka.tools.LineMessageReader";

/// Which option gives which setting of the producer; later ones go before earlier ones.
const SETTINGS: &[(&str, &OptionSpec)] = &[
    ("linger.ms", &TIMEOUT),
    ("acks", &REQUEST_REQUIRED_ACKS),
    ("request.timeout.ms", &REQUEST_TIMEOUT_MS),
    ("retries", &MESSAGE_SEND_MAX_RETRIES),
    ("retry.backoff.ms", &RETRY_BACKOFF_MS),
    ("send.buffer.bytes", &SOCKET_BUFFER_SIZE),
    ("buffer.memory", &MAX_MEMORY_BYTES),
    ("batch.size", &BATCH_SIZE),
    ("batch.size", &MAX_PARTITION_MEMORY_BYTES),
    ("metadata.max.age.ms", &METADATA_EXPIRY_MS),
    ("max.block.ms", &MAX_BLOCK_MS),
];

/// Deprecated options and what they are called now.
const RENAMED: [(&OptionSpec, &OptionSpec); 3] = [
    (&PRODUCER_CONFIG, &COMMAND_CONFIG),
    (&PRODUCER_PROPERTY, &COMMAND_PROPERTY),
    (&PROPERTY, &READER_PROPERTY),
];

/// Checks what the parser cannot, and warns of what is deprecated.
pub(super) fn check(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    arguments.require(&[&TOPIC])?;
    for (old, new) in RENAMED {
        if arguments.has(old) && arguments.has(new) {
            let (new, old) = (new.name, old.name);
            return Err(Stop::Usage(format!("Options --{new} and --{old} cannot be specified together.")));
        }
    }
    for (old, new) in [RENAMED[1], RENAMED[0], RENAMED[2]] {
        if arguments.has(old) {
            writeln!(
                console.out(),
                "Warning: --{} is deprecated and will be removed in a future version. Use --{} instead.",
                old.name,
                new.name
            )?;
        }
    }
    if arguments.has(&MAX_PARTITION_MEMORY_BYTES) {
        writeln!(
            console.out(),
            "Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use \
             --batch-size instead."
        )?;
    }
    check_servers(arguments.value(&BOOTSTRAP_SERVER)?)?;
    match arguments.value(&LINE_READER)? {
        Some(LINE_MESSAGE_READER) | None => Ok(()),
        Some(other) => Err(Stop::Said(format!("java.lang.ClassNotFoundException: {other}"))),
    }
}

fn check_servers(servers: Option<&str>) -> Result<(), Stop> {
    let Some(servers) = servers.filter(|servers| !servers.trim().is_empty()) else {
        return Err(Stop::Usage("Error while validating the bootstrap address\n".to_owned()));
    };
    if servers.split(',').all(|server| server.trim().parse::<Address>().is_ok()) {
        return Ok(());
    }
    Err(Stop::Usage("Please provide valid host:port like host1:9091,host2:9092\n".to_owned()))
}

/// The one of an option's two names that was used.
fn either<'a>(arguments: &Arguments, old: &'a OptionSpec, new: &'a OptionSpec) -> &'a OptionSpec {
    if arguments.has(old) { old } else { new }
}

/// The settings of the line reader.
pub(super) fn reader_properties(arguments: &Arguments) -> Result<ClientProperties, Stop> {
    let file = arguments.value(&READER_CONFIG)?;
    let mut properties = file.map(load_properties).transpose()?.unwrap_or_default();
    properties.insert("topic".to_owned(), arguments.value(&TOPIC)?.unwrap_or_default().to_owned());
    let option = either(arguments, &PROPERTY, &READER_PROPERTY);
    properties.extend(parse_pairs(arguments.values(option)));
    Ok(properties)
}

/// The settings of the producer: an option's default counts only where no file and no pair says otherwise.
pub(super) fn producer_properties(arguments: &Arguments) -> Result<ClientProperties, Stop> {
    let file = arguments.value(either(arguments, &PRODUCER_CONFIG, &COMMAND_CONFIG))?;
    let mut properties = file.map(load_properties).transpose()?.unwrap_or_default();
    let option = either(arguments, &PRODUCER_PROPERTY, &COMMAND_PROPERTY);
    properties.extend(parse_pairs(arguments.values(option)));
    let servers = arguments.value(&BOOTSTRAP_SERVER)?.unwrap_or_default();
    properties.insert("bootstrap.servers".to_owned(), servers.to_owned());
    properties.insert("compression.type".to_owned(), codec(arguments)?.to_owned());
    properties.entry("client.id".to_owned()).or_insert_with(|| "console-producer".to_owned());
    for (key, option) in SETTINGS {
        if !arguments.has(option) && properties.contains_key(*key) {
            continue;
        }
        if let Some(value) = arguments.value(option)? {
            properties.insert((*key).to_owned(), value.to_owned());
        }
    }
    Ok(properties)
}

fn codec(arguments: &Arguments) -> Result<&str, Stop> {
    if !arguments.has(&COMPRESSION_CODEC) {
        return Ok("none");
    }
    Ok(arguments.value(&COMPRESSION_CODEC)?.filter(|codec| !codec.is_empty()).unwrap_or("gzip"))
}
