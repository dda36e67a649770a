//! `groups`: lists groups of all types, as Kafka's `GroupsCommand` does.

use ottla_client::admin::{GroupFilter, GroupListing};

use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool, admin_client};

pub(super) const TOOL: Tool = Tool {
    name: "groups",
    script: Some("kafka-groups"),
    summary: "List groups of all types.",
    description: "This tool helps to list groups of all types.",
    syntax: Syntax::Options(&[
        BOOTSTRAP_SERVER,
        COMMAND_CONFIG,
        LIST,
        GROUP_TYPE,
        PROTOCOL,
        CONSUMER,
        SHARE,
        STREAMS,
    ]),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "server to connect to", "REQUIRED: The server to connect to.")
        .required();
const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "command config property file",
    "Properties file with settings of the admin client.",
);
const LIST: OptionSpec = OptionSpec::flag("list", "List the groups.");
const GROUP_TYPE: OptionSpec =
    OptionSpec::value("group-type", "type", "Only groups of this type: classic, consumer, share or streams.");
const PROTOCOL: OptionSpec = OptionSpec::value("protocol", "protocol", "Only groups of this protocol type.");
const CONSUMER: OptionSpec = OptionSpec::flag(
    "consumer",
    "Only groups of consumers: of type consumer, or of type classic with the protocol type consumer or none.",
);
const SHARE: OptionSpec = OptionSpec::flag("share", "Only share groups.");
const STREAMS: OptionSpec = OptionSpec::flag("streams", "Only streams groups.");

/// The types as they are printed.
const TYPES: [&str; 4] = ["Classic", "Consumer", "Share", "Streams"];
const WIDTH_MIN: usize = 20;

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    if !arguments.has(&LIST) {
        return Err(Stop::Usage("Command must include exactly one action: --list.".to_owned()));
    }
    let group_type = match arguments.value(&GROUP_TYPE)? {
        None => None,
        Some(name) => Some(
            known_type(name)
                .ok_or_else(|| Stop::Said("--group-type must be a valid group type.".to_owned()))?,
        ),
    };
    arguments.forbid(&CONSUMER, &[&GROUP_TYPE, &PROTOCOL, &SHARE, &STREAMS])?;
    arguments.forbid(&SHARE, &[&CONSUMER, &GROUP_TYPE, &PROTOCOL, &STREAMS])?;
    arguments.forbid(&STREAMS, &[&CONSUMER, &GROUP_TYPE, &PROTOCOL, &SHARE])?;
    let protocol = arguments.value(&PROTOCOL)?;
    let is_shown = |group: &GroupListing| {
        let of_type = |name| known_type(&group.group_type) == Some(name);
        if group_type.is_some() || protocol.is_some() {
            group_type.is_none_or(of_type)
                && protocol.is_none_or(|protocol| &*group.protocol_type == protocol)
        } else if arguments.has(&CONSUMER) {
            matches!(&*group.protocol_type, "consumer" | "") || of_type("Consumer")
        } else if arguments.has(&SHARE) {
            of_type("Share")
        } else {
            !arguments.has(&STREAMS) || of_type("Streams")
        }
    };
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    let listed = match admin.list_groups(&GroupFilter::default()).await {
        Ok((groups, errors)) => errors.into_iter().next().map_or(Ok(groups), |error| Err(Stop::from(error))),
        Err(error) => Err(error.into()),
    };
    match listed {
        Ok(groups) => Ok(write(console, &groups.into_iter().filter(is_shown).collect::<Vec<_>>())?),
        Err(Stop::Said(message)) => {
            writeln!(console.out(), "Error while executing groups command : {message}")?;
            Err(Stop::Status(1))
        }
        Err(other) => Err(other),
    }
}

fn known_type(name: &str) -> Option<&'static str> {
    TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

fn write(console: &mut Console<'_>, groups: &[GroupListing]) -> std::io::Result<()> {
    let rows: Vec<[&str; 3]> = groups
        .iter()
        .map(|group| {
            [&*group.group_id, known_type(&group.group_type).unwrap_or("Unknown"), &*group.protocol_type]
        })
        .collect();
    let width = rows.iter().flatten().map(|cell| cell.chars().count()).fold(WIDTH_MIN, usize::max);
    let out = console.out();
    writeln!(out, "{:width$} {:width$} {:width$}", "GROUP", "TYPE", "PROTOCOL")?;
    rows.iter().try_for_each(|[group, kind, protocol]| {
        writeln!(out, "{group:width$} {kind:width$} {protocol:width$} ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_the_longest_cell() {
        let group = |id: &str, kind: &str, protocol: &str| GroupListing {
            group_id: id.into(),
            protocol_type: protocol.into(),
            state: "Stable".into(),
            group_type: kind.into(),
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let groups =
            [group("orders", "classic", "consumer"), group("a-group-with-a-long-name", "share", "share")];
        write(&mut Console::new(&mut out, &mut err), &groups).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "GROUP                    TYPE                     PROTOCOL                \n\
             orders                   Classic                  consumer                 \n\
             a-group-with-a-long-name Share                    share                    \n"
        );
    }
}
