//! `topics`: creates, lists, describes, alters and deletes topics, as Kafka's `TopicCommand` does.

mod change;
mod describe;
mod options;
#[cfg(test)]
mod tests;

use ottla_client::Admin;

use self::options::{ALL, Action, BOOTSTRAP_SERVER, COMMAND_CONFIG, EXCLUDE_INTERNAL, TOPIC};
use super::topic_filter::TopicFilter;
use crate::frame::{Arguments, Console, Run, Stop, Syntax, Tool, admin_client};

pub(super) const TOOL: Tool = Tool {
    name: "topics",
    script: Some("kafka-topics"),
    summary: "Create, list, describe, alter or delete topics.",
    description: "This tool helps to create, delete, describe, or change a topic.",
    syntax: Syntax::Options(ALL),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let action = options::check(arguments, console)?;
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    let message = match act(action, &admin, arguments, console).await {
        Err(Stop::Said(message)) => message,
        Err(Stop::Failed(error)) => format!("{error:#}"),
        other => return other,
    };
    writeln!(console.out(), "Error while executing topic command : {message}")?;
    Err(Stop::Status(1))
}

async fn act(
    action: Action,
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    match action {
        Action::Create => change::create(admin, arguments, console).await,
        Action::Alter => change::alter(admin, arguments).await,
        Action::List => list(admin, arguments, console).await,
        Action::Describe => describe::describe(admin, arguments, console).await,
        Action::Delete => change::delete(admin, arguments).await,
    }
}

async fn list(admin: &Admin, arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let names = matching_topics(admin, arguments).await?;
    Ok(writeln!(console.out(), "{}", names.join("\n"))?)
}

/// The names of the topics that the command line means, sorted.
async fn matching_topics(admin: &Admin, arguments: &Arguments) -> Result<Vec<String>, Stop> {
    let excludes_internal = arguments.has(&EXCLUDE_INTERNAL);
    let filter = arguments.value(&TOPIC)?.map(TopicFilter::new).transpose()?;
    let is_meant = |name: &str| filter.as_ref().is_none_or(|filter| filter.matches(name));
    let listed = admin.list_topics().await?;
    let kept = listed.iter().filter(|topic| !(topic.is_internal && excludes_internal));
    let mut names: Vec<String> =
        kept.map(|topic| topic.name.as_str().to_owned()).filter(|name| is_meant(name)).collect();
    names.sort_by(|left, right| left.encode_utf16().cmp(right.encode_utf16()));
    Ok(names)
}

/// Topics that do not exist are an error if one was named and must exist.
fn ensure_found(found: &[String], arguments: &Arguments, may_be_missing: bool) -> Result<(), Stop> {
    match arguments.value(&TOPIC)? {
        Some(topic) if found.is_empty() && !topic.is_empty() && !may_be_missing => {
            Err(Stop::Said(format!("Topic '{topic}' does not exist as expected")))
        }
        _ => Ok(()),
    }
}
