//! `transactions`: looks at transactions and ends those that hang, as Kafka's `TransactionsCommand` does.

mod abort;
mod find_hanging;
mod show;

use ottla_client::admin::TransactionFilter;
use ottla_client::{Admin, ClientError, TopicPartition};
use ottla_wire::ErrorCode;

use crate::frame::{
    Arguments, Command, Console, OptionSpec, Run, Stop, Syntax, Tool, admin_client, message_of,
};

pub(super) const TOOL: Tool = Tool {
    name: "transactions",
    script: Some("kafka-transactions"),
    summary: "Look at transactions, and end those that hang.",
    description: "Looks at the transactions of a cluster's producers, finds those that hang, and ends them.",
    syntax: Syntax::Commands {
        program: "kafka-transactions.sh",
        options: &[OptionSpec::VERSION, COMMAND_CONFIG, BOOTSTRAP_SERVER],
        exclusive: &[],
        commands: COMMANDS,
    },
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const COMMAND_CONFIG: OptionSpec =
    OptionSpec::value("command-config", "FILE", "Properties file with settings of the admin client.");
const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "host:port", "The servers to connect to, between commas.")
        .required();
const DURATION_FILTER: OptionSpec = OptionSpec::value(
    "duration-filter",
    "DURATION_FILTER",
    "Only transactions that are open for more milliseconds than this; all if it is negative.",
)
.long();
const TRANSACTIONAL_ID_PATTERN: OptionSpec = OptionSpec::value(
    "transactional-id-pattern",
    "TRANSACTIONAL_ID_PATTERN",
    "Only transactional ids that match this regular expression.",
);
const TRANSACTIONAL_ID: OptionSpec =
    OptionSpec::value("transactional-id", "TRANSACTIONAL_ID", "The transactional id.").required();
const FORCED_ID: OptionSpec =
    OptionSpec::value("transactionalId", "TRANSACTIONALID", "The transactional id.").required();
const BROKER_ID: OptionSpec =
    OptionSpec::value("broker-id", "BROKER_ID", "The broker to ask, in place of the leaders.").integer();
const TOPIC: OptionSpec = OptionSpec::value("topic", "TOPIC", "The topic.");
const PARTITION: OptionSpec = OptionSpec::value("partition", "PARTITION", "The partition.").integer();
const START_OFFSET: OptionSpec = OptionSpec::value(
    "start-offset",
    "START_OFFSET",
    "The first offset of the transaction; enough for brokers from 3.0 on.",
)
.long();
const PRODUCER_ID: OptionSpec =
    OptionSpec::value("producer-id", "PRODUCER_ID", "The producer's id, for older brokers.").long();
const PRODUCER_EPOCH: OptionSpec =
    OptionSpec::value("producer-epoch", "PRODUCER_EPOCH", "The producer's epoch, for older brokers.")
        .short_integer();
const COORDINATOR_EPOCH: OptionSpec = OptionSpec::value(
    "coordinator-epoch",
    "COORDINATOR_EPOCH",
    "The coordinator's epoch, for older brokers.",
)
.integer();
const MAX_TRANSACTION_TIMEOUT: OptionSpec = OptionSpec::value(
    "max-transaction-timeout",
    "MAX_TRANSACTION_TIMEOUT",
    "Minutes that a transaction may last; only those that are open for longer are looked at.",
)
.integer()
.with_default("15");

const COMMANDS: &[Command] = &[
    Command {
        name: "list",
        summary: "List transactional ids.",
        options: &[DURATION_FILTER, TRANSACTIONAL_ID_PATTERN],
        exclusive: &[],
    },
    Command {
        name: "describe",
        summary: "Describe a transactional id.",
        options: &[TRANSACTIONAL_ID],
        exclusive: &[],
    },
    Command {
        name: "describe-producers",
        summary: "Describe the producers that a partition remembers.",
        options: &[BROKER_ID, TOPIC.required(), PARTITION.required()],
        exclusive: &[],
    },
    Command {
        name: "abort",
        summary: "Abort a transaction that hangs in a partition.",
        options: &[
            TOPIC.required(),
            PARTITION.required(),
            START_OFFSET,
            PRODUCER_ID,
            PRODUCER_EPOCH,
            COORDINATOR_EPOCH,
        ],
        exclusive: &[],
    },
    Command {
        name: "find-hanging",
        summary: "Find transactions that hang.",
        options: &[BROKER_ID, MAX_TRANSACTION_TIMEOUT, TOPIC, PARTITION],
        exclusive: &[],
    },
    Command {
        name: "forceTerminateTransaction",
        summary: "Abort the open transaction of a transactional id, and fence its producer.",
        options: &[FORCED_ID],
        exclusive: &[],
    },
];

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    match arguments.command().unwrap_or_default() {
        "list" => show::list(&admin, &filter(arguments)?, console).await,
        "describe" => {
            let id = arguments.value(&TRANSACTIONAL_ID)?.unwrap_or_default();
            show::describe(&admin, id, console).await
        }
        "describe-producers" => {
            let broker = arguments.integer(&BROKER_ID)?;
            show::describe_producers(&admin, &partition(arguments)?, broker, console).await
        }
        "abort" => abort::run(&admin, arguments).await,
        "find-hanging" => find_hanging::run(&admin, arguments, console).await,
        _ => terminate(&admin, arguments.value(&FORCED_ID)?.unwrap_or_default()).await,
    }
}

fn filter(arguments: &Arguments) -> Result<TransactionFilter, Stop> {
    let duration = arguments.long(&DURATION_FILTER)?.and_then(|ms| u64::try_from(ms).ok());
    let pattern = arguments.value(&TRANSACTIONAL_ID_PATTERN)?.filter(|pattern| !pattern.is_empty());
    Ok(TransactionFilter {
        longer_than: duration.map(std::time::Duration::from_millis),
        transactional_id_pattern: pattern.map(Into::into),
        ..TransactionFilter::default()
    })
}

fn partition(arguments: &Arguments) -> Result<TopicPartition, Stop> {
    let topic = arguments.value(&TOPIC)?.unwrap_or_default();
    Ok(TopicPartition::new(topic, arguments.integer(&PARTITION)?.unwrap_or_default()))
}

/// Takes the place of the id's producer, which aborts what that one has open.
async fn terminate(admin: &Admin, id: &str) -> Result<(), Stop> {
    let results = admin.fence_producers(&[id.into()]).await;
    for result in results.into_values() {
        let request = format!("InitProducerId request for transactionalId `{id}`");
        result.map_err(|error| {
            let reason = match error.code() {
                ErrorCode::ClusterAuthorizationFailed => {
                    format!("{request} failed due to cluster authorization failure")
                }
                ErrorCode::TransactionalIdAuthorizationFailed => {
                    format!("{request} failed due to transactional ID authorization failure")
                }
                _ => format!("{request} failed due to unexpected error"),
            };
            failure(&format!("Failed to force terminate transactionalId `{id}`"), &told(&error, reason))
        })?;
    }
    Ok(())
}

/// What Kafka's client makes of a node's error; errors that no node answered speak for themselves.
fn told(error: &ClientError, of_api: String) -> String {
    if matches!(error, ClientError::Api(_)) { of_api } else { message_of(error) }
}

fn failure(what: &str, why: &str) -> Stop {
    Stop::Said(format!("{what}: {why}. Enable debug logging for additional detail."))
}
