//! `features`: describes and changes the features of a cluster, as Kafka's `FeatureCommand` does.

use std::collections::BTreeMap;

use ottla_client::Admin;
use ottla_client::admin::{Features, UpdateFeature, UpgradeType};
use ottla_controller::features::{Feature, METADATA_VERSION, MetadataVersion};
use ottla_wire::KafkaString;

use super::storage::features::{dependencies, metadata_version, version_mapping};
use crate::frame::{
    Arguments, Command, Console, Exclusive, OptionSpec, Run, Stop, Syntax, Tool, admin_client_of_either,
    message_of,
};

pub(super) const TOOL: Tool = Tool {
    name: "features",
    script: Some("kafka-features"),
    summary: "Describe and change the features of a cluster.",
    description: "Describes and changes the features of a cluster.",
    syntax: Syntax::Commands {
        program: "kafka-features",
        options: &[BOOTSTRAP_SERVER, BOOTSTRAP_CONTROLLER, COMMAND_CONFIG],
        exclusive: &[Exclusive {
            names: &[BOOTSTRAP_SERVER.name, BOOTSTRAP_CONTROLLER.name],
            is_required: false,
        }],
        commands: COMMANDS,
    },
    runs_bare: false,
    run: Run::Async(|arguments, console| Box::pin(run(arguments, console))),
};

const BOOTSTRAP_SERVER: OptionSpec =
    OptionSpec::value("bootstrap-server", "BOOTSTRAP_SERVER", "Brokers to connect to.");
const BOOTSTRAP_CONTROLLER: OptionSpec =
    OptionSpec::value("bootstrap-controller", "BOOTSTRAP_CONTROLLER", "Controllers to connect to.");
const COMMAND_CONFIG: OptionSpec = OptionSpec::value(
    "command-config",
    "COMMAND_CONFIG",
    "Properties file with settings of the admin client.",
);
const NODE_ID: OptionSpec =
    OptionSpec::value("node-id", "NODE_ID", "The node to ask; any if it is not given.").integer();
const METADATA: OptionSpec =
    OptionSpec::value("metadata", "METADATA", "DEPRECATED: the level of metadata.version.");
const RELEASE_VERSION: OptionSpec = OptionSpec::value(
    "release-version",
    "RELEASE_VERSION",
    "The release whose levels all features are to have.",
);
const FEATURE: OptionSpec =
    OptionSpec::value("feature", "FEATURE", "A feature and its level, such as metadata.version=5.")
        .repeated();
const DISABLED_FEATURE: OptionSpec = OptionSpec::value("feature", "FEATURE", "A feature.").repeated();
const DRY_RUN: OptionSpec = OptionSpec::flag("dry-run", "Only find out whether it could be done.");
const UNSAFE: OptionSpec = OptionSpec::flag("unsafe", "Do it even if metadata is lost.");

const COMMANDS: &[Command] = &[
    Command { name: "describe", summary: "Describe the features.", options: &[NODE_ID], exclusive: &[] },
    Command {
        name: "upgrade",
        summary: "Raise levels of features.",
        options: &[METADATA, RELEASE_VERSION, FEATURE, DRY_RUN],
        exclusive: &[],
    },
    Command {
        name: "downgrade",
        summary: "Lower levels of features.",
        options: &[METADATA, RELEASE_VERSION, FEATURE, UNSAFE, DRY_RUN],
        exclusive: &[],
    },
    Command {
        name: "disable",
        summary: "Turn features off.",
        options: &[DISABLED_FEATURE, UNSAFE, DRY_RUN],
        exclusive: &[],
    },
    Command {
        name: "version-mapping",
        summary: "Tell which levels of features a metadata version stands for.",
        options: &[RELEASE_VERSION],
        exclusive: &[],
    },
    Command {
        name: "feature-dependencies",
        summary: "Tell what a level of a feature needs of others.",
        options: &[FEATURE.required()],
        exclusive: &[],
    },
];

async fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let command = arguments.command().unwrap_or_default();
    match command {
        "version-mapping" => return version_mapping(arguments.value(&RELEASE_VERSION)?, console),
        "feature-dependencies" => return dependencies(&arguments.values(&FEATURE), console),
        _ => {}
    }
    let admin = admin_client_of_either(
        arguments.value(&COMMAND_CONFIG)?,
        arguments.value(&BOOTSTRAP_SERVER)?,
        arguments.value(&BOOTSTRAP_CONTROLLER)?,
    )?;
    if command == "describe" {
        return describe(&admin, arguments.integer(&NODE_ID)?, console).await;
    }
    let upgrade_type = match (command, arguments.has(&UNSAFE)) {
        ("upgrade", _) => UpgradeType::Upgrade,
        (_, false) => UpgradeType::SafeDowngrade,
        (_, true) => UpgradeType::UnsafeDowngrade,
    };
    let levels = match command {
        "disable" => levels(arguments.values(&FEATURE).into_iter().map(|name| Ok((name.to_owned(), 0))))?,
        _ => wanted_levels(arguments, upgrade_type, console)?,
    };
    update(command, &admin, levels, upgrade_type, arguments.has(&DRY_RUN), console).await
}

async fn describe(admin: &Admin, node: Option<i32>, console: &mut Console<'_>) -> Result<(), Stop> {
    if let Some(id) = node.filter(|id| *id < 0) {
        return Err(Stop::Said(format!("Invalid node id {id}: must be non-negative.")));
    }
    let features = admin.describe_features(node).await?;
    Ok(write!(console.out(), "{}", text_of(&features))?)
}

fn text_of(features: &Features) -> String {
    let epoch =
        features.finalized.as_ref().map_or_else(|| "-".to_owned(), |finalized| finalized.epoch.to_string());
    let line = |(name, (min, max)): (&KafkaString, &(i16, i16))| {
        let finalized = features.finalized.as_ref().and_then(|finalized| finalized.levels.get(name));
        format!(
            "Feature: {name:40}  SupportedMinVersion: {:15}  SupportedMaxVersion: {:15}  FinalizedVersionLevel: {:15}  \
             Epoch: {epoch}\n",
            level_text(name, *min),
            level_text(name, *max),
            level_text(name, finalized.map_or(0, |(_, max)| *max)),
        )
    };
    features.supported.iter().map(line).collect()
}

fn level_text(feature: &str, level: i16) -> String {
    match (feature, MetadataVersion::from_level(level)) {
        (METADATA_VERSION, Some(version)) => version.name().to_owned(),
        (METADATA_VERSION, None) => format!("UNKNOWN {level}"),
        _ => level.to_string(),
    }
}

type Levels = BTreeMap<String, i16>;

/// The levels that features are to have.
fn wanted_levels(
    arguments: &Arguments,
    upgrade_type: UpgradeType,
    console: &mut Console<'_>,
) -> Result<Levels, Stop> {
    let (metadata, features) = (arguments.value(&METADATA)?, arguments.values(&FEATURE));
    if let Some(release) = arguments.value(&RELEASE_VERSION)? {
        if metadata.is_some() || !features.is_empty() {
            return Err(Stop::Said("Can not specify `release-version` with other feature flags.".to_owned()));
        }
        return Ok(levels_of_release(metadata_version(release, true).map_err(Stop::Said)?, upgrade_type));
    }
    let mut wanted = Vec::new();
    if let Some(name) = metadata {
        writeln!(console.out(), " `metadata` flag is deprecated and may be removed in a future release.")?;
        let version = metadata_version(name, true).map_err(Stop::Said)?;
        wanted.push(Ok((METADATA_VERSION.to_owned(), version.level())));
    }
    levels(wanted.into_iter().chain(features.into_iter().map(parse_level)))
}

fn levels_of_release(version: MetadataVersion, upgrade_type: UpgradeType) -> Levels {
    let features =
        Feature::ALL.iter().map(|feature| (feature.name.to_owned(), feature.default_level(version)));
    // A level of 0 is no upgrade.
    let is_change = |(_, level): &(String, i16)| upgrade_type != UpgradeType::Upgrade || *level > 0;
    let metadata = (METADATA_VERSION.to_owned(), version.level());
    features.filter(is_change).chain([metadata]).collect()
}

fn parse_level(text: &str) -> Result<(String, i16), Stop> {
    let cannot = |why: String| Stop::Said(format!("Can't parse feature=level string {text}: {why}"));
    let (name, level) = text.split_once('=').ok_or_else(|| cannot("equals sign not found.".to_owned()))?;
    let level = level.trim();
    let level = level.parse().map_err(|_| cannot(format!("unable to parse {level} as a short.")))?;
    Ok((name.trim().to_owned(), level))
}

fn levels(wanted: impl IntoIterator<Item = Result<(String, i16), Stop>>) -> Result<Levels, Stop> {
    let mut levels = Levels::new();
    for feature in wanted {
        let (name, level) = feature?;
        if levels.insert(name.clone(), level).is_some() {
            return Err(Stop::Said(format!("Feature {name} was specified more than once.")));
        }
    }
    Ok(levels)
}

async fn update(
    command: &str,
    admin: &Admin,
    levels: Levels,
    upgrade_type: UpgradeType,
    is_dry_run: bool,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    if levels.is_empty() {
        return Err(Stop::Said(format!("You must specify at least one feature to {command}")));
    }
    let updates = levels
        .iter()
        .map(|(name, level)| {
            (KafkaString::from(name.as_str()), UpdateFeature { level: *level, upgrade_type })
        })
        .collect();
    let results = match admin.update_features(&updates, is_dry_run).await {
        Ok(results) => results,
        // What is wrong with the whole is wrong with each.
        Err(error) => updates.keys().map(|name| (name.clone(), Err(error.clone()))).collect(),
    };
    let (mut failures, count) = (0, updates.len());
    for (name, result) in results {
        let level = levels.get(&*name).copied().unwrap_or_default();
        let line = match result {
            Ok(()) => {
                let verb = if is_dry_run { "can be" } else { "was" };
                match command {
                    "disable" => format!("{name} {verb} disabled."),
                    _ => format!("{name} {verb} {command}d to {level}."),
                }
            }
            Err(error) => {
                failures += 1;
                let verb = if is_dry_run { "Can" } else { "Could" };
                let message = message_of(&error);
                match command {
                    "disable" => format!("{verb} not disable {name}. {message}"),
                    _ => format!("{verb} not {command} {name} to {level}. {message}"),
                }
            }
        };
        writeln!(console.out(), "{line}")?;
    }
    match failures {
        0 => Ok(()),
        _ => Err(Stop::Said(format!("{failures} out of {count} operation(s) failed."))),
    }
}

#[cfg(test)]
mod tests {
    use ottla_client::admin::FinalizedFeatures;

    use super::*;

    #[test]
    fn description() {
        let levels = |metadata, group| {
            BTreeMap::from([("metadata.version".into(), metadata), ("group.version".into(), group)])
        };
        let features = Features {
            supported: levels((7, 30), (0, 1)),
            finalized: Some(FinalizedFeatures { epoch: 12, levels: levels((29, 29), (1, 1)) }),
        };
        assert_eq!(
            text_of(&features),
            "Feature: group.version                             SupportedMinVersion: 0                \
             SupportedMaxVersion: 1                FinalizedVersionLevel: 1                Epoch: 12\n\
             Feature: metadata.version                          SupportedMinVersion: 3.3-IV3          \
             SupportedMaxVersion: 4.3-IV0          FinalizedVersionLevel: 4.2-IV1          Epoch: 12\n"
        );
    }

    #[test]
    fn levels_of_releases() {
        let of = |kind| levels_of_release(MetadataVersion::from_name("3.9").unwrap(), kind);
        assert_eq!(
            of(UpgradeType::Upgrade),
            BTreeMap::from([("kraft.version".to_owned(), 1), ("metadata.version".to_owned(), 21)])
        );
        assert_eq!(of(UpgradeType::SafeDowngrade).len(), 1 + Feature::ALL.len());
    }
}
