//! The tool's options.

use anyhow::bail;

use super::decoder::{self, Decoder};
use crate::frame::{Arguments, OptionSpec, Stop, ValueError};

const STRING_DECODER: &str = "org.apache.kafka.tools.api.StringDecoder";
const BYTES_MAX: &str = "2147483647";
const MESSAGE_SIZE_MAX: &str = "5242880";

const fn flag(name: &'static str, description: &'static str) -> OptionSpec {
    OptionSpec::flag(name, description)
}

const CLUSTER_METADATA: OptionSpec =
    flag("cluster-metadata-decoder", "Print the records as those of the cluster's metadata.");
const DEEP_ITERATION: OptionSpec = flag(
    "deep-iteration",
    "Print a line for each record, not only for each batch. Implied by --print-data-log.",
);
const FILES: OptionSpec = OptionSpec::value(
    "files",
    "file1,file2,...",
    "REQUIRED: The files to print, separated by commas: .log, .checkpoint, .index, .timeindex, .txnindex, .snapshot.",
)
.separated_by(',');
const INDEX_SANITY_CHECK: OptionSpec = flag(
    "index-sanity-check",
    "Of an index, only do the check by which a broker decides at its start whether to rebuild it.",
);
const KEY_DECODER: OptionSpec = OptionSpec::optional_value(
    "key-decoder-class",
    "class",
    "Print keys as a decoder class of Kafka's would: StringDecoder, IntegerDecoder, LongDecoder or DefaultDecoder of \
     org.apache.kafka.tools.api.",
)
.with_default(STRING_DECODER);
const MAX_BYTES: OptionSpec = OptionSpec::value(
    "max-bytes",
    "size",
    "Read at most so many bytes from the front of each log, in whole batches.",
)
.with_default(BYTES_MAX)
.integer();
const MAX_MESSAGE_SIZE: OptionSpec = OptionSpec::value(
    "max-message-size",
    "size",
    "Size of the largest batch, for comparing an index with its log.",
)
.with_default(MESSAGE_SIZE_MAX)
.integer();
const OFFSETS: OptionSpec =
    flag("offsets-decoder", "Print the records as those of the topic __consumer_offsets.");
const PRINT_DATA_LOG: OptionSpec =
    flag("print-data-log", "Print keys and values of the records. Implied by any decoder.");
const REMOTE_LOG_METADATA: OptionSpec =
    flag("remote-log-metadata-decoder", "Print the records as those of the topic __remote_log_metadata.");
const SHARE_GROUP_STATE: OptionSpec =
    flag("share-group-state-decoder", "Print the records as those of the topic __share_group_state.");
const SKIP_RECORD_METADATA: OptionSpec = flag(
    "skip-record-metadata",
    "Leave out all of a record but its key and value, and control records altogether.",
);
const TRANSACTION_LOG: OptionSpec =
    flag("transaction-log-decoder", "Print the records as those of the topic __transaction_state.");
const VALUE_DECODER: OptionSpec = OptionSpec::optional_value(
    "value-decoder-class",
    "class",
    "Print values as a decoder class of Kafka's would, like --key-decoder-class.",
)
.with_default(STRING_DECODER);
const VERIFY_INDEX_ONLY: OptionSpec =
    flag("verify-index-only", "Compare an index with its log without printing its entries.");

pub(super) const ALL: &[OptionSpec] = &[
    CLUSTER_METADATA,
    DEEP_ITERATION,
    FILES,
    INDEX_SANITY_CHECK,
    KEY_DECODER,
    MAX_BYTES,
    MAX_MESSAGE_SIZE,
    OFFSETS,
    PRINT_DATA_LOG,
    REMOTE_LOG_METADATA,
    SHARE_GROUP_STATE,
    SKIP_RECORD_METADATA,
    TRANSACTION_LOG,
    VALUE_DECODER,
    VERIFY_INDEX_ONLY,
];

/// Each of these asks for keys and values to be printed.
const PRINTING: [&OptionSpec; 8] = [
    &PRINT_DATA_LOG,
    &OFFSETS,
    &TRANSACTION_LOG,
    &CLUSTER_METADATA,
    &REMOTE_LOG_METADATA,
    &VALUE_DECODER,
    &KEY_DECODER,
    &SHARE_GROUP_STATE,
];

type MakeDecoder = fn() -> Box<dyn Decoder>;

/// The decoders that are options of their own, first the one that Kafka prefers.
const DECODERS: [(&OptionSpec, MakeDecoder); 5] = [
    (&OFFSETS, || Box::new(decoder::Coordinator::OFFSETS)),
    (&TRANSACTION_LOG, || Box::new(decoder::Coordinator::TRANSACTIONS)),
    (&CLUSTER_METADATA, || Box::new(decoder::ClusterMetadata)),
    (&REMOTE_LOG_METADATA, || Box::new(decoder::RemoteLogMetadata)),
    (&SHARE_GROUP_STATE, || Box::new(decoder::Coordinator::SHARE_GROUPS)),
];

/// What the command line asks for.
pub(super) struct Options<'a>(&'a Arguments);

impl<'a> Options<'a> {
    pub(super) const fn new(arguments: &'a Arguments) -> Self {
        Self(arguments)
    }

    pub(super) fn files(&self) -> Result<Vec<&'a str>, Stop> {
        if !self.0.has(&FILES) {
            return Err(Stop::Usage(format!("Missing required argument \"[{}]\"", FILES.name)));
        }
        // Kafka's tool takes the option once only.
        self.0.value(&FILES)?;
        Ok(self.0.values(&FILES))
    }

    pub(super) fn prints_contents(&self) -> bool {
        PRINTING.iter().any(|option| self.0.has(option))
    }

    pub(super) fn iterates_deeply(&self) -> bool {
        self.0.has(&DEEP_ITERATION) || self.prints_contents()
    }

    pub(super) fn skips_record_metadata(&self) -> bool {
        self.0.has(&SKIP_RECORD_METADATA)
    }

    pub(super) fn only_checks_sanity(&self) -> bool {
        self.0.has(&INDEX_SANITY_CHECK)
    }

    pub(super) fn only_verifies_index(&self) -> bool {
        self.0.has(&VERIFY_INDEX_ONLY)
    }

    pub(super) fn message_size_max(&self) -> Result<i32, ValueError> {
        Ok(self.0.integer(&MAX_MESSAGE_SIZE)?.unwrap_or(i32::MAX))
    }

    pub(super) fn bytes_max(&self) -> Result<i32, ValueError> {
        Ok(self.0.integer(&MAX_BYTES)?.unwrap_or(i32::MAX))
    }

    /// The first of the decoders asked for, in Kafka's order of preference.
    pub(super) fn decoder(&self) -> anyhow::Result<Box<dyn Decoder>> {
        let asked_for = DECODERS.iter().find(|(option, _)| self.0.has(option));
        if let Some((_, make)) = asked_for {
            return Ok(make());
        }
        let value = self.class(&VALUE_DECODER)?;
        let key = self.class(&KEY_DECODER)?;
        Ok(Box::new(decoder::Plain { key, value }))
    }

    fn class(&self, option: &OptionSpec) -> anyhow::Result<decoder::Class> {
        let name = self.0.value(option)?.unwrap_or(STRING_DECODER);
        match decoder::Class::by_name(name) {
            Some(class) => Ok(class),
            None => bail!(
                "--{}: there is no decoder class {name}; {} would be right",
                option.name,
                decoder::Class::names().join(", ")
            ),
        }
    }
}
