//! `reassign-partitions`: moves partitions to other brokers and directories, as Kafka's `ReassignPartitionsCommand` does.

mod cancel;
mod cluster;
mod execute;
mod generate;
mod log_dirs;
mod options;
mod plan;
mod throttles;
mod verify;

use std::fs;

use ottla_client::Admin;

use crate::frame::{
    Arguments, Console, Run, Stop, Syntax, Tool, admin_client_with, load_properties, message_of,
};
use options::{Action, BOOTSTRAP_CONTROLLER, BOOTSTRAP_SERVER, COMMAND_CONFIG, REASSIGNMENT_JSON_FILE};

pub(super) const TOOL: Tool = Tool {
    name: "reassign-partitions",
    script: Some("kafka-reassign-partitions"),
    summary: "Move partitions to other brokers and log directories.",
    description: "This tool helps to move topic partitions between replicas.",
    syntax: Syntax::Options(options::ALL),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

/// Why an action was not done. All of it goes to standard output.
#[derive(Debug)]
enum Failure {
    /// What the user is told, as it is.
    Terse(String),
    /// Behind `Error: `.
    Error(String),
    Output(std::io::Error),
}

impl From<ottla_client::ClientError> for Failure {
    /// As Java tells of an exception within another.
    fn from(error: ottla_client::ClientError) -> Self {
        match error {
            ottla_client::ClientError::Api(_) => Self::Error(crate::java::exception_text(&error)),
            error => Self::Error(message_of(&error)),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let action = options::check(arguments)?;
    let admin = admin(arguments)?;
    let failure = match act(action, &admin, arguments, console).await {
        Ok(()) => return Ok(()),
        Err(Failure::Output(error)) => return Err(error.into()),
        Err(Failure::Terse(message)) => message,
        Err(Failure::Error(message)) => format!("Error: {message}"),
    };
    writeln!(console.out(), "{failure}")?;
    Err(Stop::Status(1))
}

fn admin(arguments: &Arguments) -> Result<Admin, Stop> {
    let file = arguments.value(&COMMAND_CONFIG)?;
    let mut properties = file.map(load_properties).transpose()?.unwrap_or_default();
    properties.entry("client.id".to_owned()).or_insert_with(|| "reassign-partitions-tool".to_owned());
    if let Some(controllers) = arguments.value(&BOOTSTRAP_CONTROLLER)? {
        properties.insert("bootstrap.controllers".to_owned(), controllers.to_owned());
    }
    admin_client_with(properties, arguments.value(&BOOTSTRAP_SERVER)?)
}

async fn act(
    action: Action,
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match action {
        Action::Verify => verify::run(admin, &plan(arguments)?, arguments, console).await,
        Action::Generate => generate::run(admin, arguments, console).await,
        Action::Execute => execute::run(admin, plan(arguments)?, arguments, console).await,
        Action::Cancel => cancel::run(admin, &plan(arguments)?, arguments, console).await,
        Action::List => cancel::list(admin, console).await,
    }
}

fn plan(arguments: &Arguments) -> Result<plan::Plan, Failure> {
    plan::parse(&read(arguments, &REASSIGNMENT_JSON_FILE)?).map_err(Failure::Error)
}

fn read(arguments: &Arguments, option: &crate::frame::OptionSpec) -> Result<String, Failure> {
    let error = |error: String| Failure::Error(error);
    let file = arguments.value(option).map_err(|wrong| error(wrong.to_string()))?.unwrap_or_default();
    fs::read_to_string(file).map_err(|cause| error(format!("{file}: {cause}")))
}

/// A value that the command line's parser has looked at already.
fn number(arguments: &Arguments, option: &crate::frame::OptionSpec) -> Result<i64, Failure> {
    let value = arguments.long(option).map_err(|wrong| Failure::Error(wrong.to_string()))?;
    Ok(value.unwrap_or_default())
}

/// Words between commas.
fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
