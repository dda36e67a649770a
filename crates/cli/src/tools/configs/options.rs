//! The tool's options, and which of them go together.

use super::entity::{Entity, EntityType};
use crate::frame::{Arguments, OptionSpec, Stop};

pub(super) const ADD_CONFIG: OptionSpec = OptionSpec::value(
    "add-config",
    "k1=v1,k2=[v1,v2]",
    "Configurations to set. Square brackets hold together a value that has commas.",
);
pub(super) const ADD_CONFIG_FILE: OptionSpec =
    OptionSpec::value("add-config-file", "file", "Properties file with configurations to set.");
pub(super) const ALL_CONFIGS: OptionSpec = OptionSpec::flag(
    "all",
    "Describe all configurations, also those that were not set for the entity itself.",
);
pub(super) const ALTER: OptionSpec = OptionSpec::flag("alter", "Alter the configuration of the entity.");
pub(super) const BOOTSTRAP_CONTROLLER: OptionSpec =
    OptionSpec::value("bootstrap-controller", "controller to connect to", "The controllers to connect to.");
pub(super) const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "server to connect to", "The servers to connect to.");
const BROKER: OptionSpec = OptionSpec::value("broker", "id", "A broker.");
const BROKER_DEFAULTS: OptionSpec = OptionSpec::flag("broker-defaults", "What all brokers have.");
const BROKER_LOGGER: OptionSpec = OptionSpec::value("broker-logger", "id", "The log levels of a broker.");
const CLIENT: OptionSpec = OptionSpec::value("client", "client id", "A client.");
const CLIENT_DEFAULTS: OptionSpec = OptionSpec::flag("client-defaults", "What all clients have.");
const CLIENT_METRICS: OptionSpec =
    OptionSpec::value("client-metrics", "name", "A subscription to metrics of clients.");
pub(super) const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "command config property file",
    "Properties file with settings of the admin client.",
);
pub(super) const DELETE_CONFIG: OptionSpec =
    OptionSpec::value("delete-config", "k1,k2", "Configurations to take away.").separated_by(',');
const DESCRIBE: OptionSpec = OptionSpec::flag("describe", "Describe the configuration of the entity.");
const ENTITY_DEFAULT: OptionSpec = OptionSpec::flag(
    "entity-default",
    "What all clients, users, brokers or IPs have, in place of --entity-name.",
);
const ENTITY_NAME: OptionSpec = OptionSpec::value("entity-name", "name", "The entity's name or id.");
const ENTITY_TYPE: OptionSpec = OptionSpec::value(
    "entity-type",
    "type",
    "The entity's type: topics, clients, users, brokers, broker-loggers, ips, client-metrics or groups.",
);
const GROUP: OptionSpec = OptionSpec::value("group", "group id", "A group.");
const IP: OptionSpec = OptionSpec::value("ip", "ip", "An IP address.");
const IP_DEFAULTS: OptionSpec = OptionSpec::flag("ip-defaults", "What all IP addresses have.");
const TOPIC: OptionSpec = OptionSpec::value("topic", "topic", "A topic.");
const USER: OptionSpec = OptionSpec::value("user", "user", "A user.");
const USER_DEFAULTS: OptionSpec = OptionSpec::flag("user-defaults", "What all users have.");

pub(super) const ALL: &[OptionSpec] = &[
    ADD_CONFIG,
    ADD_CONFIG_FILE,
    ALL_CONFIGS,
    ALTER,
    BOOTSTRAP_CONTROLLER,
    BOOTSTRAP_SERVER,
    BROKER,
    BROKER_DEFAULTS,
    BROKER_LOGGER,
    CLIENT,
    CLIENT_DEFAULTS,
    CLIENT_METRICS,
    COMMAND_CONFIG,
    DELETE_CONFIG,
    DESCRIBE,
    ENTITY_DEFAULT,
    ENTITY_NAME,
    ENTITY_TYPE,
    GROUP,
    IP,
    IP_DEFAULTS,
    TOPIC,
    USER,
    USER_DEFAULTS,
];

/// Options that name a type and one such thing.
const NAMES: [(&OptionSpec, EntityType); 8] = [
    (&TOPIC, EntityType::Topic),
    (&CLIENT, EntityType::Client),
    (&USER, EntityType::User),
    (&BROKER, EntityType::Broker),
    (&BROKER_LOGGER, EntityType::BrokerLogger),
    (&IP, EntityType::Ip),
    (&CLIENT_METRICS, EntityType::ClientMetrics),
    (&GROUP, EntityType::Group),
];

/// Options that name a type and mean its default.
const DEFAULTS: [(&OptionSpec, EntityType); 4] = [
    (&CLIENT_DEFAULTS, EntityType::Client),
    (&USER_DEFAULTS, EntityType::User),
    (&BROKER_DEFAULTS, EntityType::Broker),
    (&IP_DEFAULTS, EntityType::Ip),
];

fn said<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Said(message.into()))
}

/// Finds out what is meant, and whether the options go together.
pub(super) fn check(arguments: &Arguments) -> Result<Entity, Stop> {
    if arguments.has(&ALTER) == arguments.has(&DESCRIBE) {
        return Err(Stop::Usage("Command must include exactly one action: --describe, --alter".to_owned()));
    }
    arguments.forbid(&DESCRIBE, &[&ADD_CONFIG, &DELETE_CONFIG])?;
    let type_names = type_names(arguments);
    let mut seen = Vec::new();
    let mut twice = Vec::new();
    for name in &type_names {
        if seen.contains(name) { twice.push(*name) } else { seen.push(*name) }
    }
    if !twice.is_empty() {
        return said(format!("Duplicate entity type(s) specified: {}", twice.join(",")));
    }
    let (of_servers, of_controllers) =
        (arguments.has(&BOOTSTRAP_SERVER), arguments.has(&BOOTSTRAP_CONTROLLER));
    if !of_servers && !of_controllers {
        return said("Either --bootstrap-server or --bootstrap-controller must be specified.");
    }
    let types = types(&type_names)?;
    check_flags(arguments)?;
    let entity = Entity { types, names: names(arguments)? };
    if of_servers && of_controllers {
        return said("Only one of --bootstrap-server or --bootstrap-controller can be specified");
    }
    check_broker_ids(arguments, &entity)?;
    if arguments.has(&DESCRIBE) {
        check_describe(arguments, &entity)?;
    } else {
        check_alter(arguments, &entity)?;
    }
    match entity.types.iter().find(|kind| kind.resource_type().is_none()) {
        Some(kind) => said(format!(
            "Entity type {} has quotas or credentials, which are not supported yet",
            kind.name()
        )),
        None => Ok(entity),
    }
}

fn type_names(arguments: &Arguments) -> Vec<&str> {
    let by_flag = NAMES.iter().chain(&DEFAULTS).filter(|(option, _)| arguments.has(option));
    let by_name = arguments.in_order(&[&ENTITY_TYPE]).into_iter().filter_map(|(_, name)| name);
    by_name.chain(by_flag.map(|(_, kind)| kind.name())).collect()
}

fn types(names: &[&str]) -> Result<Vec<EntityType>, Stop> {
    let known = EntityType::ALL.map(EntityType::name).join(", ");
    let mut types = Vec::new();
    for name in names {
        match EntityType::from_name(name) {
            Some(kind) => types.push(kind),
            None => {
                return said(format!(
                    "Invalid entity type {name}, the entity type must be one of {known} with a --bootstrap-server or \
                     --bootstrap-controller argument"
                ));
            }
        }
    }
    match types.as_slice() {
        [] => said("At least one entity type must be specified"),
        [_] | [EntityType::User, EntityType::Client] | [EntityType::Client, EntityType::User] => Ok(types),
        _ => said("Only 'users' and 'clients' entity types may be specified together"),
    }
}

fn check_flags(arguments: &Arguments) -> Result<(), Stop> {
    let has_general =
        [&ENTITY_NAME, &ENTITY_TYPE, &ENTITY_DEFAULT].iter().any(|option| arguments.has(option));
    let has_specific = NAMES.iter().chain(&DEFAULTS).any(|(option, _)| arguments.has(option));
    if has_general && has_specific {
        return said(
            "--entity-{type,name,default} should not be used in conjunction with specific entity flags",
        );
    }
    Ok(())
}

/// The names in the order in which they were given, the empty one for the default.
fn names(arguments: &Arguments) -> Result<Vec<String>, Stop> {
    let general = arguments.in_order(&[&ENTITY_NAME, &ENTITY_DEFAULT]);
    let mut names: Vec<String> =
        general.into_iter().map(|(_, name)| name.unwrap_or_default().to_owned()).collect();
    for (option, _) in NAMES {
        if arguments.has(option) {
            names.push(arguments.value(option)?.unwrap_or_default().to_owned());
        }
    }
    names.extend(DEFAULTS.iter().filter(|(option, _)| arguments.has(option)).map(|_| String::new()));
    Ok(names)
}

fn check_broker_ids(arguments: &Arguments, entity: &Entity) -> Result<(), Stop> {
    if !entity.types.iter().any(|kind| matches!(kind, EntityType::Broker | EntityType::BrokerLogger)) {
        return Ok(());
    }
    for option in [&ENTITY_NAME, &BROKER, &BROKER_LOGGER] {
        let Some(id) = arguments.value(option)? else { continue };
        if id.parse::<i32>().is_err() {
            let kind = entity.kind().name();
            return said(format!(
                "The entity name for {kind} must be a valid integer broker id, but it is: {id}"
            ));
        }
    }
    Ok(())
}

fn check_describe(arguments: &Arguments, entity: &Entity) -> Result<(), Stop> {
    let kinds = || entity.types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",");
    if arguments.has(&ENTITY_DEFAULT) && !entity.types.iter().any(|kind| kind.has_default()) {
        return said(format!("--entity-default must not be specified with --describe of {}", kinds()));
    }
    let has_name = entity.names.iter().any(|name| !name.is_empty());
    if entity.types.contains(&EntityType::BrokerLogger) && !has_name {
        return said(format!("An entity name must be specified with --describe of {}", kinds()));
    }
    Ok(())
}

fn check_alter(arguments: &Arguments, entity: &Entity) -> Result<(), Stop> {
    let has_name = entity.names.iter().any(|name| !name.is_empty());
    if entity.types.iter().any(|kind| kind.has_default()) {
        if entity.names.is_empty() {
            return said(
                "An entity-name or default entity must be specified with --alter of users, clients, brokers or ips",
            );
        }
    } else if !has_name {
        let kinds: Vec<&str> = entity.types.iter().map(|kind| kind.name()).collect();
        return said(format!("An entity name must be specified with --alter of {}", kinds.join(",")));
    }
    if arguments.has(&ADD_CONFIG) && arguments.has(&ADD_CONFIG_FILE) {
        return said("Only one of --add-config or --add-config-file must be specified");
    }
    if ![&ADD_CONFIG, &ADD_CONFIG_FILE, &DELETE_CONFIG].iter().any(|option| arguments.has(option)) {
        return said(
            "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter",
        );
    }
    if entity.types.len() != entity.names.len() {
        return said("An entity name must be specified for every entity type");
    }
    Ok(())
}
