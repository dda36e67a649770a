//! `cluster`: the id and the nodes of a cluster, as Kafka's `ClusterTool` tells them.

use ottla_client::admin::{ClusterNode, DescribeClusterOptions};
use ottla_client::{Admin, ClientError};
use ottla_wire::ErrorCode;

use crate::frame::{
    Arguments, Command, Console, Exclusive, OptionSpec, Run, Stop, Syntax, Tool, admin_client_of_either,
    message_of,
};

pub(super) const TOOL: Tool = Tool {
    name: "cluster",
    script: Some("kafka-cluster"),
    summary: "Tell the id and the nodes of a cluster, or unregister a broker.",
    description: "Tells the id and the nodes of a cluster, and unregisters brokers.",
    syntax: Syntax::Commands { program: "kafka-cluster", options: &[], exclusive: &[], commands: COMMANDS },
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "BOOTSTRAP_SERVER", "Brokers to connect to.").short('b');
const BOOTSTRAP_CONTROLLER: OptionSpec =
    OptionSpec::value("bootstrap-controller", "BOOTSTRAP_CONTROLLER", "Controllers to connect to.")
        .short('C');
const CONFIG: OptionSpec = OptionSpec::value("config", "CONFIG", "DEPRECATED: use --command-config.");
const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "COMMAND_CONFIG",
    "Properties file with settings of the admin client.",
)
.short('c');
const ID: OptionSpec = OptionSpec::value("id", "ID", "The id of the broker.").short('i').integer().required();
const INCLUDE_FENCED: OptionSpec =
    OptionSpec::flag("include-fenced-brokers", "Also list brokers that are registered but take no part.");

const CONNECTION: &[Exclusive] =
    &[Exclusive { names: &[BOOTSTRAP_SERVER.name, BOOTSTRAP_CONTROLLER.name], is_required: true }];

const COMMANDS: &[Command] = &[
    Command {
        name: "cluster-id",
        summary: "Tell the id of the cluster.",
        options: &[BOOTSTRAP_SERVER, BOOTSTRAP_CONTROLLER, CONFIG, COMMAND_CONFIG],
        exclusive: CONNECTION,
    },
    Command {
        name: "unregister",
        summary: "Let the cluster forget a broker that is gone for good.",
        options: &[BOOTSTRAP_SERVER, BOOTSTRAP_CONTROLLER, CONFIG, COMMAND_CONFIG, ID],
        exclusive: CONNECTION,
    },
    Command {
        name: "list-endpoints",
        summary: "List the nodes.",
        options: &[BOOTSTRAP_SERVER, BOOTSTRAP_CONTROLLER, CONFIG, COMMAND_CONFIG, INCLUDE_FENCED],
        exclusive: CONNECTION,
    },
];

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let (old, new) = (arguments.value(&CONFIG)?, arguments.value(&COMMAND_CONFIG)?);
    if old.is_some() && new.is_some() {
        return Err(Stop::Said("--config and --command-config cannot be specified together.".to_owned()));
    }
    if old.is_some() {
        let message = "Option --config has been deprecated and will be removed in a future version. Use \
                       --command-config instead.";
        writeln!(console.out(), "{message}")?;
    }
    let controllers = arguments.value(&BOOTSTRAP_CONTROLLER)?;
    let admin = admin_client_of_either(new.or(old), arguments.value(&BOOTSTRAP_SERVER)?, controllers)?;
    match arguments.command().unwrap_or_default() {
        "cluster-id" => cluster_id(&admin, console).await,
        "unregister" => unregister(&admin, arguments.integer(&ID)?.unwrap_or_default(), console).await,
        _ => {
            let include_fenced_brokers = arguments.has(&INCLUDE_FENCED);
            if include_fenced_brokers && controllers.is_some() {
                let message =
                    "The option --include-fenced-brokers is only supported with --bootstrap-server option";
                return Err(Stop::Said(message.to_owned()));
            }
            list_endpoints(&admin, controllers.is_some(), include_fenced_brokers, console).await
        }
    }
}

async fn cluster_id(admin: &Admin, console: &mut Console<'_>) -> Result<(), Stop> {
    let cluster = admin.describe_cluster(DescribeClusterOptions::default()).await?;
    match cluster.cluster_id {
        Some(id) => writeln!(console.out(), "Cluster ID: {id}")?,
        None => writeln!(console.out(), "No cluster ID found. The Kafka version is probably too old.")?,
    }
    Ok(())
}

async fn unregister(admin: &Admin, id: i32, console: &mut Console<'_>) -> Result<(), Stop> {
    match admin.unregister_broker(id).await {
        Ok(()) => writeln!(console.out(), "Broker {id} is no longer registered.")?,
        Err(error) if is_unsupported(&error) => {
            writeln!(console.out(), "The target cluster does not support the broker unregistration API.")?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn is_unsupported(error: &ClientError) -> bool {
    error.code() == ErrorCode::UnsupportedVersion
}

async fn list_endpoints(
    admin: &Admin,
    of_controllers: bool,
    include_fenced_brokers: bool,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let options = DescribeClusterOptions { include_fenced_brokers, ..DescribeClusterOptions::default() };
    match admin.describe_cluster(options).await {
        Ok(cluster) => Ok(write_nodes(console, &cluster.nodes, of_controllers)?),
        Err(error) if is_unsupported(&error) => Ok(writeln!(console.out(), "{}", message_of(&error))?),
        Err(error) => Err(error.into()),
    }
}

fn write_nodes(
    console: &mut Console<'_>,
    nodes: &[ClusterNode],
    of_controllers: bool,
) -> std::io::Result<()> {
    let longest = |lengths: &mut dyn Iterator<Item = usize>, otherwise| lengths.max().unwrap_or(otherwise);
    let host_width = longest(&mut nodes.iter().map(|node| node.address.host.len()), 100);
    let rack_width = longest(&mut nodes.iter().filter_map(|node| Some(node.rack.as_ref()?.len())), 10);
    let out = console.out();
    let mut write = |[id, host, port, rack, state, kind]: [&str; 6]| {
        write!(out, "{id:10} {host:host_width$} {port:10} {rack:rack_width$} ")?;
        if !of_controllers {
            write!(out, "{state:10} ")?;
        }
        writeln!(out, "{kind:15}")
    };
    write(["ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE"])?;
    for node in nodes {
        let (id, port) = (node.id.to_string(), node.address.port.to_string());
        let rack = node.rack.as_deref().unwrap_or("null");
        let state = if node.is_fenced { "fenced" } else { "unfenced" };
        let kind = if of_controllers { "controller" } else { "broker" };
        write([&id, &node.address.host, &port, rack, state, kind])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ottla_client::Address;

    use super::*;

    fn text(of_controllers: bool) -> String {
        let node = |id, rack: Option<&str>, is_fenced| ClusterNode {
            id,
            address: Address::new("localhost", 9092),
            rack: rack.map(str::to_owned),
            is_fenced,
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let nodes = [node(1, Some("a"), false), node(2, None, true)];
        write_nodes(&mut Console::new(&mut out, &mut err), &nodes, of_controllers).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nodes() {
        assert_eq!(
            text(false),
            "ID         HOST      PORT       RACK STATE      ENDPOINT_TYPE  \n\
             1          localhost 9092       a unfenced   broker         \n\
             2          localhost 9092       null fenced     broker         \n"
        );
        assert_eq!(
            text(true),
            "ID         HOST      PORT       RACK ENDPOINT_TYPE  \n\
             1          localhost 9092       a controller     \n\
             2          localhost 9092       null controller     \n"
        );
    }
}
