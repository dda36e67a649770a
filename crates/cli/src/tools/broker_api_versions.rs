//! `broker-api-versions`: the APIs of each broker, as Kafka's `BrokerApiVersionsCommand` prints them.

use std::collections::BTreeMap;

use ottla_client::{Broker, NodeVersions};
use ottla_wire::api::api_versions::ApiVersion;
use ottla_wire::api::{APIS, Api, Listener};

use crate::frame::{Arguments, Console, OptionSpec, Run, Stop, Syntax, Tool, admin_client, message_of};
use crate::java::{CAPACITY, hash_code, sort_as_map};

pub(super) const TOOL: Tool = Tool {
    name: "broker-api-versions",
    script: Some("kafka-broker-api-versions"),
    summary: "Print which versions of which APIs brokers speak.",
    description: "This tool helps to retrieve broker version information.",
    syntax: Syntax::Options(&[COMMAND_CONFIG, BOOTSTRAP_SERVER]),
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "command config property file",
    "Properties file with settings of the admin client.",
);
const BOOTSTRAP_SERVER: OptionSpec = OptionSpec::value(
    "bootstrap-server",
    "server(s) to use for bootstrapping",
    "REQUIRED: The server to connect to.",
);

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    arguments.require(&[&BOOTSTRAP_SERVER])?;
    let admin = admin_client(arguments.value(&COMMAND_CONFIG)?, arguments.value(&BOOTSTRAP_SERVER)?)?;
    let mut brokers = admin.api_versions().await?;
    sort_as_map(&mut brokers, CAPACITY, |broker| hash_of(&broker.broker));
    for broker in brokers {
        let node = text_of_broker(&broker.broker);
        match broker.versions {
            Ok(versions) => writeln!(console.out(), "{node} -> {}", text_of_versions(&versions))?,
            Err(error) => writeln!(console.out(), "{node} -> ERROR: {}", message_of(&error))?,
        }
    }
    Ok(())
}

fn text_of_broker(broker: &Broker) -> String {
    let rack = broker.rack.as_deref().unwrap_or("null");
    format!(
        "{}:{} (id: {} rack: {rack} isFenced: false)",
        broker.address.host, broker.address.port, broker.id
    )
}

/// Java's hash of a node.
fn hash_of(broker: &Broker) -> u32 {
    const PRIME: u32 = 31;
    const HASH_OF_FALSE: u32 = 1237;
    let rack = broker.rack.as_deref().map_or(0, hash_code);
    let parts = [broker.id as u32, u32::from(broker.address.port), rack, HASH_OF_FALSE];
    let start = PRIME.wrapping_add(hash_code(&broker.address.host));
    parts.into_iter().fold(start, |hash, part| hash.wrapping_mul(PRIME).wrapping_add(part))
}

fn text_of_versions(versions: &NodeVersions) -> String {
    text_of_apis(&versions.response().api_keys)
}

/// The APIs by number: those the node named, and those of clients that it did not name.
fn text_of_apis(named: &[ApiVersion]) -> String {
    let known = |number: i16| APIS.iter().copied().find(|api| api.key.number() == number);
    let mut texts: BTreeMap<i16, String> =
        named.iter().map(|api| (api.api_key, text_of_api(known(api.api_key), api))).collect();
    for api in APIS.iter().filter(|api| api.is_on(Listener::Broker)) {
        let unsupported = || format!("{}({}): UNSUPPORTED", api.key, api.key.number());
        texts.entry(api.key.number()).or_insert_with(unsupported);
    }
    format!("(\n\t{}\n)", texts.into_values().collect::<Vec<_>>().join(",\n\t"))
}

fn text_of_api(known: Option<&Api>, node: &ApiVersion) -> String {
    let versions = match node.min_version == node.max_version {
        true => node.min_version.to_string(),
        false => format!("{} to {}", node.min_version, node.max_version),
    };
    let Some(api) = known else { return format!("UNKNOWN({}): {versions}", node.api_key) };
    let ours = api.versions();
    let usable = if ours.last < node.min_version {
        "unusable: node too new".to_owned()
    } else if node.max_version < ours.first {
        "unusable: node too old".to_owned()
    } else {
        format!("usable: {}", ours.last.min(node.max_version))
    };
    format!("{}({}): {versions} [{usable}]", api.key, node.api_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apis_are_sorted_and_the_unknown_and_missing_told() {
        let api = |api_key, min_version, max_version| ApiVersion {
            api_key,
            min_version,
            max_version,
            ..ApiVersion::default()
        };
        let text = text_of_apis(&[api(999, 0, 1), api(3, 0, 13), api(0, 0, 13), api(18, 4, 4)]);
        assert!(
            text.starts_with("(\n\tProduce(0): 0 to 13 [usable: 13],\n\tFetch(1): UNSUPPORTED,\n\t"),
            "{text}"
        );
        assert!(text.contains("\tApiVersions(18): 4 [usable: 4],\n"), "{text}");
        assert!(text.ends_with(",\n\tUNKNOWN(999): 0 to 1\n)"), "{text}");
    }

    #[test]
    fn versions_that_cannot_meet() {
        let produce = APIS.iter().copied().find(|api| api.key.number() == 0);
        let api = |min_version, max_version| ApiVersion { min_version, max_version, ..ApiVersion::default() };
        assert_eq!(text_of_api(produce, &api(0, 1)), "Produce(0): 0 to 1 [unusable: node too old]");
        assert_eq!(text_of_api(produce, &api(98, 99)), "Produce(0): 98 to 99 [unusable: node too new]");
    }
}
