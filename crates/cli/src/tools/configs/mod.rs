//! `configs`: describes and alters the configurations of topics, brokers, groups and metrics subscriptions, as Kafka's
//! `ConfigCommand` does.
//!
//! Quotas of clients, users and IPs and credentials of users are refused: there is no such thing yet.

mod alter;
mod describe;
mod entity;
mod options;

use ottla_client::ClientError;

use self::options::{ALL, BOOTSTRAP_CONTROLLER, BOOTSTRAP_SERVER, COMMAND_CONFIG};
use crate::frame::{Arguments, Console, Run, Stop, Syntax, Tool, admin_client_of_either};
use crate::java::exception_text;

pub(super) const TOOL: Tool = Tool {
    name: "configs",
    script: Some("kafka-configs"),
    summary: "Describe and alter the configurations of topics, brokers and groups.",
    description: "This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, \
                  client-metrics or group",
    syntax: Syntax::Options(ALL),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let entity = options::check(arguments)?;
    let file = arguments.value(&COMMAND_CONFIG)?;
    let servers = arguments.value(&BOOTSTRAP_SERVER)?;
    let admin = admin_client_of_either(file, servers, arguments.value(&BOOTSTRAP_CONTROLLER)?)?;
    if arguments.has(&options::ALTER) {
        alter::run(&admin, &entity, arguments, console).await
    } else {
        describe::run(&admin, &entity, arguments, console).await
    }
}

/// What Kafka's tool says of an error that it did not foresee.
fn failed(arguments: &Arguments, error: &ClientError) -> Stop {
    let line = arguments.line();
    Stop::Said(format!("Error while executing config command with args '{line}'\n{}", exception_text(error)))
}
