//! `storage version-mapping` and `storage feature-dependencies`.

use ottla_controller::features::{Feature, METADATA_VERSION, MetadataVersion};

use crate::frame::{Console, Stop};

/// The metadata version of a release's name; else what Kafka says of a wrong one.
pub(crate) fn metadata_version(name: &str, allows_unstable: bool) -> Result<MetadataVersion, String> {
    let is_allowed = |version: &MetadataVersion| allows_unstable || version.is_production();
    MetadataVersion::from_name(name).filter(is_allowed).ok_or_else(|| {
        let names: Vec<&str> = MetadataVersion::all().filter(is_allowed).map(MetadataVersion::name).collect();
        format!("Unknown metadata.version '{name}'. Supported metadata.version are: {}", names.join(", "))
    })
}

/// Tells the levels of features that a release stands for.
pub(crate) fn version_mapping(release: Option<&str>, console: &mut Console<'_>) -> Result<(), Stop> {
    let release = release.unwrap_or_else(|| MetadataVersion::LATEST_PRODUCTION.name());
    let version = metadata_version(release, true).map_err(Stop::Said)?;
    let out = console.out();
    writeln!(out, "{METADATA_VERSION}={} ({release})", version.level())?;
    for feature in Feature::ALL {
        writeln!(out, "{}={}", feature.name, feature.default_level(version))?;
    }
    Ok(())
}

/// Tells what levels of features, each `feature=level`, need of others.
pub(crate) fn dependencies(features: &[&str], console: &mut Console<'_>) -> Result<(), Stop> {
    for feature in features {
        let Some((name, level)) = feature.split_once('=') else {
            return Err(Stop::Said(format!(
                "Invalid feature format: {feature}. Expected format: 'feature=version' (e.g. 'group.version=1')"
            )));
        };
        let (name, text) = (name.trim(), level.trim());
        let Ok(level) = text.parse() else {
            return Err(Stop::Said(format!("Invalid version format: {text} for feature {name}")));
        };
        write_dependencies(name, level, console)?;
    }
    Ok(())
}

fn write_dependencies(name: &str, level: i16, console: &mut Console<'_>) -> Result<(), Stop> {
    let out = console.out();
    if name == METADATA_VERSION {
        let Some(version) = MetadataVersion::from_level(level) else {
            return Err(Stop::Said(format!("Unknown metadata.version {level}")));
        };
        return Ok(writeln!(out, "{name}={level} ({}) has no dependencies.", version.name())?);
    }
    let Some(feature) = Feature::from_name(name) else {
        return Err(Stop::Said(format!("Unknown feature: {name}")));
    };
    let Some(found) = feature.levels.iter().find(|known| known.level == level) else {
        return Err(Stop::Said(format!("Feature level {level} is not supported for feature {name}")));
    };
    if found.dependencies.is_empty() {
        return Ok(writeln!(out, "{name}={level} has no dependencies.")?);
    }
    writeln!(out, "{name}={level} requires:")?;
    for (other, least) in found.dependencies {
        match MetadataVersion::from_level(*least).filter(|_| *other == METADATA_VERSION) {
            Some(version) => writeln!(out, "    {other}={least} ({})", version.name())?,
            None => writeln!(out, "    {other}={least}")?,
        }
    }
    Ok(())
}
