//! The options of `console-consumer`, and what they mean for the consumer.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::frame::{Arguments, ClientProperties, Console, OptionSpec, Stop, load_properties, parse_pairs};

pub(super) const OPTIONS: &[OptionSpec] = &[
    BOOTSTRAP_SERVER,
    TOPIC,
    INCLUDE,
    PARTITION,
    OFFSET,
    FROM_BEGINNING,
    GROUP,
    MAX_MESSAGES,
    TIMEOUT_MS,
    SKIP_MESSAGE_ON_ERROR,
    ISOLATION_LEVEL,
    FORMATTER,
    FORMATTER_PROPERTY,
    PROPERTY,
    FORMATTER_CONFIG,
    KEY_DESERIALIZER,
    VALUE_DESERIALIZER,
    COMMAND_PROPERTY,
    CONSUMER_PROPERTY,
    COMMAND_CONFIG,
    CONSUMER_CONFIG,
    ENABLE_SYSTEST_EVENTS,
];

const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "server to connect to", "REQUIRED: The server to connect to.");
pub(super) const TOPIC: OptionSpec = OptionSpec::value("topic", "topic", "Topic to read.");
pub(super) const INCLUDE: OptionSpec = OptionSpec::value(
    "include",
    "Java regex (String)",
    "Read all topics whose names match this regular expression.",
);
pub(super) const PARTITION: OptionSpec = OptionSpec::value(
    "partition",
    "partition",
    "Only this partition, from its end unless --offset says otherwise.",
)
.integer();
const OFFSET: OptionSpec =
    OptionSpec::value("offset", "consume offset", "Where to begin: a number, 'earliest' or 'latest'.")
        .with_default("latest");
const FROM_BEGINNING: OptionSpec = OptionSpec::flag(
    "from-beginning",
    "Begin with the first message that is still there where the group has committed no offset.",
);
const GROUP: OptionSpec = OptionSpec::value("group", "consumer group id", "Consumer group of the consumer.");
pub(super) const MAX_MESSAGES: OptionSpec =
    OptionSpec::value("max-messages", "num_messages", "End after so many messages.").integer();
const TIMEOUT_MS: OptionSpec =
    OptionSpec::value("timeout-ms", "timeout_ms", "End if no message comes for so long.").long();
pub(super) const SKIP_MESSAGE_ON_ERROR: OptionSpec =
    OptionSpec::flag("skip-message-on-error", "Skip a message that cannot be printed, instead of ending.");
const ISOLATION_LEVEL: OptionSpec = OptionSpec::value(
    "isolation-level",
    "level",
    "read_committed leaves out what transactions did not commit, read_uncommitted does not.",
)
.with_default("read_uncommitted");
pub(super) const FORMATTER: OptionSpec =
    OptionSpec::value("formatter", "class", "Name of the class whose way of printing messages to take.")
        .with_default("org.apache.kafka.tools.consumer.DefaultMessageFormatter");
const FORMATTER_PROPERTY: OptionSpec = OptionSpec::value(
    "formatter-property",
    "prop",
    "A setting key=value of the formatter. The default one knows print.timestamp, print.key, print.offset, print.epoch, \
     print.partition, print.headers and print.value (true or false), key.separator, line.separator, headers.separator, \
     null.literal, key.deserializer, value.deserializer and headers.deserializer.",
);
const PROPERTY: OptionSpec =
    OptionSpec::value("property", "prop", "(DEPRECATED) The former name of --formatter-property.");
const FORMATTER_CONFIG: OptionSpec =
    OptionSpec::value("formatter-config", "config file", "Properties file with settings of the formatter.");
const KEY_DESERIALIZER: OptionSpec =
    OptionSpec::value("key-deserializer", "deserializer for keys", "Name of the class that reads keys.");
const VALUE_DESERIALIZER: OptionSpec = OptionSpec::value(
    "value-deserializer",
    "deserializer for values",
    "Name of the class that reads values.",
);
const COMMAND_PROPERTY: OptionSpec =
    OptionSpec::value("command-property", "consumer_prop", "A setting key=value of the consumer.");
const CONSUMER_PROPERTY: OptionSpec = OptionSpec::value(
    "consumer-property",
    "consumer_prop",
    "(DEPRECATED) The former name of --command-property.",
);
const COMMAND_CONFIG: OptionSpec =
    OptionSpec::value("command-config", "config file", "Properties file with settings of the consumer.");
const CONSUMER_CONFIG: OptionSpec =
    OptionSpec::value("consumer.config", "config file", "(DEPRECATED) The former name of --command-config.");
pub(super) const ENABLE_SYSTEST_EVENTS: OptionSpec =
    OptionSpec::flag("enable-systest-events", "Also tell when the consumer has shut down.");

/// Where to begin in the one partition of `--partition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Earliest,
    Latest,
    At(i64),
}

/// What the options say, checked.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) consumer: ClientProperties,
    pub(super) formatter: ClientProperties,
    pub(super) start: Start,
    /// `None` waits for ever.
    pub(super) timeout_ms: Option<u64>,
    pub(super) max_messages: Option<u64>,
}

impl Settings {
    pub(super) fn read(arguments: &Arguments, console: &mut Console<'_>) -> Result<Self, Stop> {
        check(arguments)?;
        let properties = one_of(arguments, console, &COMMAND_PROPERTY, &CONSUMER_PROPERTY)?;
        let config = one_of(arguments, console, &COMMAND_CONFIG, &CONSUMER_CONFIG)?;
        let from_file = arguments.value(config)?.map(load_properties).transpose()?.unwrap_or_default();
        let extra = parse_pairs(arguments.values(properties));
        let consumer = consumer_properties(arguments, from_file, extra)?;
        let start = start(arguments)?;
        let timeout_ms = arguments.long(&TIMEOUT_MS)?.and_then(|timeout| u64::try_from(timeout).ok());
        let max_messages = arguments.integer(&MAX_MESSAGES)?.filter(|max| *max != -1);
        Ok(Self {
            consumer,
            start,
            timeout_ms,
            max_messages: max_messages.map(|max| u64::try_from(max).unwrap_or(0)),
            formatter: formatter_properties(arguments, console)?,
        })
    }
}

fn usage<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Usage(message.into()))
}

fn check(arguments: &Arguments) -> Result<(), Stop> {
    arguments.require_one_of(&[&TOPIC, &INCLUDE])?;
    if arguments.has(&PARTITION) {
        if !arguments.has(&TOPIC) {
            return usage("The topic is required when partition is specified.");
        }
        if arguments.has(&FROM_BEGINNING) && arguments.has(&OFFSET) {
            return usage("Options from-beginning and offset cannot be specified together.");
        }
    } else if arguments.has(&OFFSET) {
        return usage("The partition is required when offset is specified.");
    }
    arguments.require(&[&BOOTSTRAP_SERVER])
}

/// The option that is used of a new one and the one that it takes the place of.
fn one_of<'a>(
    arguments: &Arguments,
    console: &mut Console<'_>,
    new: &'a OptionSpec,
    old: &'a OptionSpec,
) -> Result<&'a OptionSpec, Stop> {
    if arguments.has(old) && arguments.has(new) {
        return usage(format!("Options --{} and --{} cannot be specified together.", old.name, new.name));
    }
    if !arguments.has(old) {
        return Ok(new);
    }
    let (old_name, new_name) = (old.name, new.name);
    writeln!(
        console.out(),
        "Option --{old_name} is deprecated and will be removed in a future version. Use --{new_name} instead."
    )?;
    Ok(old)
}

fn consumer_properties(
    arguments: &Arguments,
    from_file: ClientProperties,
    extra: ClientProperties,
) -> Result<ClientProperties, Stop> {
    let group = group(arguments, &from_file, &extra)?;
    let mut properties = from_file;
    properties.extend(extra);
    let mut put = |key: &str, value: &str| properties.insert(key.to_owned(), value.to_owned());
    put("bootstrap.servers", arguments.value(&BOOTSTRAP_SERVER)?.unwrap_or_default());
    let from_beginning = arguments.has(&FROM_BEGINNING);
    match properties.get("auto.offset.reset") {
        Some(reset) if from_beginning && reset != "earliest" => {
            return Err(Stop::Said(format!(
                "Can't simultaneously specify --from-beginning and 'auto.offset.reset={reset}', please remove one option"
            )));
        }
        Some(_) => {}
        None => {
            let reset = if from_beginning { "earliest" } else { "latest" };
            properties.insert("auto.offset.reset".to_owned(), reset.to_owned());
        }
    }
    properties.entry("client.id".to_owned()).or_insert_with(|| "console-consumer".to_owned());
    let level = arguments.value(&ISOLATION_LEVEL)?.unwrap_or_default().to_owned();
    if arguments.has(&ISOLATION_LEVEL) || !properties.contains_key("isolation.level") {
        properties.insert("isolation.level".to_owned(), level);
    }
    let group = group.unwrap_or_else(|| {
        properties.entry("enable.auto.commit".to_owned()).or_insert_with(|| "false".to_owned());
        format!("console-consumer-{}", RandomState::new().build_hasher().finish() % 100_000)
    });
    properties.insert("group.id".to_owned(), group);
    Ok(properties)
}

/// The group that is named, if any is, and always the same one.
fn group(
    arguments: &Arguments,
    from_file: &ClientProperties,
    extra: &ClientProperties,
) -> Result<Option<String>, Stop> {
    let named = arguments.value(&GROUP)?.map(str::to_owned);
    let in_properties =
        [from_file, extra].into_iter().filter_map(|properties| properties.get("group.id")).cloned();
    let groups: BTreeSet<String> = named.into_iter().chain(in_properties).collect();
    if groups.len() > 1 {
        let names: Vec<String> = groups.iter().map(|group| format!("'{group}'")).collect();
        return usage(format!(
            "The group ids provided in different places (directly using '--group', via '--consumer-property', or via \
             '--consumer.config') do not match. Detected group ids: {}",
            names.join(", ")
        ));
    }
    if !groups.is_empty() && arguments.has(&PARTITION) {
        return usage("Options group and partition cannot be specified together.");
    }
    Ok(groups.into_iter().next())
}

fn start(arguments: &Arguments) -> Result<Start, Stop> {
    if !arguments.has(&OFFSET) {
        return Ok(if arguments.has(&FROM_BEGINNING) { Start::Earliest } else { Start::Latest });
    }
    let text = arguments.value(&OFFSET)?.unwrap_or_default();
    match (text.to_lowercase().as_str(), text.parse::<i64>()) {
        ("earliest", _) => Ok(Start::Earliest),
        ("latest", _) => Ok(Start::Latest),
        (_, Ok(offset)) if offset >= 0 => Ok(Start::At(offset)),
        _ => usage(format!(
            "The provided offset value '{text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long."
        )),
    }
}

fn formatter_properties(arguments: &Arguments, console: &mut Console<'_>) -> Result<ClientProperties, Stop> {
    let properties = one_of(arguments, console, &FORMATTER_PROPERTY, &PROPERTY)?;
    let mut settings =
        arguments.value(&FORMATTER_CONFIG)?.map(load_properties).transpose()?.unwrap_or_default();
    for (option, key) in
        [(&KEY_DESERIALIZER, "key.deserializer"), (&VALUE_DESERIALIZER, "value.deserializer")]
    {
        if let Some(class) = arguments.value(option)?.filter(|class| !class.is_empty()) {
            settings.insert(key.to_owned(), class.to_owned());
        }
    }
    settings.extend(parse_pairs(arguments.values(properties)));
    Ok(settings)
}
