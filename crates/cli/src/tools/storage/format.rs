//! `storage format`.

use std::collections::BTreeMap;
use std::io;

use ottla_broker::storage::{FormatError, Formatter, InitialControllers};
use ottla_config::ServerConfig;
use ottla_controller::features::MetadataVersion;
use ottla_io::{Clock, RealDisk, SystemClock};
use ottla_record::Timestamp;

use super::features::metadata_version;
use super::{
    ADD_SCRAM, CLUSTER_ID, FEATURE, IGNORE_FORMATTED, INITIAL_CONTROLLERS, NO_INITIAL_CONTROLLERS,
    RELEASE_VERSION, STANDALONE,
};
use crate::frame::{Arguments, Console, Stop};
use crate::random::{random_bytes, random_uuid};

pub(super) fn run(
    arguments: &Arguments,
    config: &ServerConfig,
    console: &mut Console<'_>,
) -> Result<(), Stop> {
    let cluster_id = arguments.value(&CLUSTER_ID)?.unwrap_or_default();
    let formatter = Formatter::for_config(config, cluster_id).map_err(|error| said(&error))?;
    let formatter = Formatter {
        release_version: release_version(arguments, &formatter)?,
        feature_levels: feature_levels(&arguments.values(&FEATURE))?,
        ignore_formatted: arguments.has(&IGNORE_FORMATTED),
        initial_controllers: initial_controllers(arguments, config)?,
        scram_arguments: arguments.values(&ADD_SCRAM).into_iter().map(str::to_owned).collect(),
        ..formatter
    };
    let mut written: io::Result<()> = Ok(());
    let mut say = |line: &str| {
        if written.is_ok() {
            written = writeln!(console.out(), "{line}");
        }
    };
    let now = Timestamp(SystemClock::new().now_ms());
    let formatted = formatter.run(&RealDisk, now, &mut random_bytes, &mut say);
    written?;
    formatted.map_err(|error| said(&error))
}

fn said(error: &FormatError) -> Stop {
    Stop::Said(error.to_string())
}

fn release_version(arguments: &Arguments, formatter: &Formatter) -> Result<Option<MetadataVersion>, Stop> {
    let Some(name) = arguments.value(&RELEASE_VERSION)? else { return Ok(None) };
    metadata_version(name, formatter.unstable_feature_versions).map(Some).map_err(Stop::Said)
}

fn feature_levels(features: &[&str]) -> Result<BTreeMap<String, i16>, Stop> {
    let mut levels = BTreeMap::new();
    for feature in features {
        let cannot = |why: String| Stop::Said(format!("Can't parse feature=level string {feature}: {why}"));
        let (name, level) =
            feature.split_once('=').ok_or_else(|| cannot("equals sign not found.".to_owned()))?;
        let level = level.trim();
        let level = level.parse().map_err(|_| cannot(format!("unable to parse {level} as a short.")))?;
        levels.insert(name.trim().to_owned(), level);
    }
    Ok(levels)
}

fn initial_controllers(
    arguments: &Arguments,
    config: &ServerConfig,
) -> Result<Option<InitialControllers>, Stop> {
    let (is_standalone, named) = (arguments.has(&STANDALONE), arguments.value(&INITIAL_CONTROLLERS)?);
    let has_static_voters = !config.quorum_voters.is_empty();
    if has_static_voters && (is_standalone || named.is_some()) {
        let message = "You cannot specify controller.quorum.voters and format the node with --initial-controllers or \
                       --standalone. If you want to use dynamic quorum, please remove controller.quorum.voters and \
                       specify controller.quorum.bootstrap.servers instead.";
        return Err(Stop::Said(message.to_owned()));
    }
    let controllers = match named {
        Some(named) => Some(named.parse()),
        None if is_standalone => Some(InitialControllers::standalone(config, random_uuid())),
        None => None,
    };
    let controllers = controllers.transpose().map_err(|error| Stop::Said(error.to_string()))?;
    let must_be_named =
        config.process_roles.controller && !has_static_voters && !arguments.has(&NO_INITIAL_CONTROLLERS);
    if must_be_named && controllers.is_none() {
        let message = "Because controller.quorum.voters is not set on this controller, you must specify one of the \
                       following: --standalone, --initial-controllers, or --no-initial-controllers.";
        return Err(Stop::Said(message.to_owned()));
    }
    Ok(controllers)
}
