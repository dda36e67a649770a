//! The ways to print a message.

mod coordinator;
mod default;
mod deserializer;

use std::io::{self, Write};

use ottla_client::consumer::ConsumerRecord;

use crate::frame::{ClientProperties, Console, Stop};
use coordinator::Coordinator;
use default::Default;

/// A message could not be printed.
#[derive(Debug)]
pub(super) enum FormatError {
    Output(io::Error),
    /// The message itself is not what the formatter knows.
    Record(String),
}

impl From<io::Error> for FormatError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Prints messages.
pub(super) trait Formatter {
    fn write(&mut self, record: &ConsumerRecord<'_>, out: &mut dyn Write) -> Result<(), FormatError>;
}

/// Prints nothing.
struct NoOp;

impl Formatter for NoOp {
    fn write(&mut self, _: &ConsumerRecord<'_>, _: &mut dyn Write) -> Result<(), FormatError> {
        Ok(())
    }
}

/// The formatter of a class of Kafka's.
pub(super) fn by_class(
    class: &str,
    settings: &ClientProperties,
    console: &mut Console<'_>,
) -> Result<Box<dyn Formatter>, Stop> {
    const PACKAGE: &str = "org.apache.kafka.tools.consumer.";
    Ok(match class.strip_prefix(PACKAGE).unwrap_or_default() {
        // What the logging one logs beside goes nowhere with the tools' own settings of logs.
        "DefaultMessageFormatter" | "LoggingMessageFormatter" => Box::new(Default::new(settings, console)?),
        "NoOpMessageFormatter" => Box::new(NoOp),
        "OffsetsMessageFormatter" => Box::new(Coordinator::OFFSETS),
        "GroupMetadataMessageFormatter" => Box::new(Coordinator::GROUP_METADATA),
        "TransactionLogMessageFormatter" => Box::new(Coordinator::TRANSACTIONS),
        "ShareGroupMessageFormatter" => Box::new(Coordinator::SHARE_GROUPS),
        "group.share.ShareGroupStateMessageFormatter" => Box::new(Coordinator::SHARE_GROUP_STATE),
        _ => return Err(Stop::Usage(class.to_owned())),
    })
}
