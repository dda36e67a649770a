//! `--list`.

use ottla_client::Admin;
use ottla_client::admin::{GroupFilter, GroupListing};
use ottla_wire::KafkaString;

use super::Failure;
use super::options::{STATE, TYPE};
use crate::frame::{Arguments, Console};
use crate::java::{CAPACITY, hash_code, sort_as_map};

const STATES: [&str; 7] =
    ["PreparingRebalance", "CompletingRebalance", "Stable", "Dead", "Empty", "Assigning", "Reconciling"];
const TYPES: [&str; 2] = ["Classic", "Consumer"];
const WIDTH_MIN: usize = 15;

pub(super) async fn list(
    admin: &Admin,
    arguments: &Arguments,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let (with_type, with_state) = (arguments.has(&TYPE), arguments.has(&STATE));
    if !with_type && !with_state {
        for group in consumer_groups(admin).await? {
            writeln!(console.out(), "{}", group.group_id)?;
        }
        return Ok(());
    }
    let types = chosen(arguments.value(&TYPE)?, "types", &TYPES)?;
    let states = chosen(arguments.value(&STATE)?, "state", &STATES)?;
    let filter = GroupFilter { states, types, protocol_types: protocol_types() };
    let groups = listed(admin, &filter).await.map_err(|error| Failure::caused(&error))?;
    Ok(write(console, &groups, with_type, with_state)?)
}

/// The names in a list between commas, in any case.
fn chosen(text: Option<&str>, what: &str, known: &[&'static str]) -> Result<Vec<KafkaString>, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Vec::new()) };
    let find = |name: &str| known.iter().find(|known| known.eq_ignore_ascii_case(name.trim())).copied();
    let names: Option<Vec<_>> = text.split(',').map(find).collect();
    let invalid = || {
        Failure::usage(format!(
            "Invalid {what} list '{text}'. Valid {} are: {}",
            plural(what),
            known.join(", ")
        ))
    };
    Ok(names.ok_or_else(invalid)?.into_iter().map(KafkaString::from_static).collect())
}

fn plural(what: &str) -> &str {
    if what == "state" { "states" } else { what }
}

fn protocol_types() -> Vec<KafkaString> {
    vec![KafkaString::EMPTY, KafkaString::from_static("consumer")]
}

/// All groups of consumers.
pub(super) async fn consumer_groups(admin: &Admin) -> Result<Vec<GroupListing>, Failure> {
    let filter = GroupFilter { protocol_types: protocol_types(), ..GroupFilter::default() };
    listed(admin, &filter).await.map_err(|error| Failure::caused_twice(&error))
}

async fn listed(admin: &Admin, filter: &GroupFilter) -> Result<Vec<GroupListing>, ottla_client::ClientError> {
    let (mut groups, errors) = admin.list_groups(filter).await?;
    if let Some(error) = errors.into_iter().next() {
        return Err(error);
    }
    groups.retain(|group| {
        group.group_type.is_empty() || TYPES.iter().any(|kind| kind.eq_ignore_ascii_case(&group.group_type))
    });
    sort_as_map(&mut groups, CAPACITY, |group| hash_code(&group.group_id));
    Ok(groups)
}

fn write(
    console: &mut Console<'_>,
    groups: &[GroupListing],
    with_type: bool,
    with_state: bool,
) -> std::io::Result<()> {
    let longest = groups.iter().map(|group| group.group_id.chars().count()).max().unwrap_or(0);
    let width = longest.max(WIDTH_MIN) + 10;
    let mut row = |group: &str, kind: &str, state: &str| {
        let out = console.out();
        write!(out, "{group:width$}")?;
        if with_type {
            write!(out, " {kind:20}")?;
        }
        if with_state {
            write!(out, " {state:20}")?;
        }
        writeln!(out)
    };
    row("GROUP", "TYPE", "STATE")?;
    for group in groups {
        let kind =
            TYPES.iter().find(|kind| kind.eq_ignore_ascii_case(&group.group_type)).unwrap_or(&"Unknown");
        let state = if group.state.is_empty() { "Unknown" } else { &group.state };
        row(&group.group_id, kind, state)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_known_by_name() {
        let names = |text| match chosen(Some(text), "state", &STATES) {
            Ok(states) => states.iter().map(KafkaString::as_str).collect::<Vec<_>>().join(","),
            Err(Failure::Stop(stop)) => format!("{stop:?}"),
            Err(Failure::Exception(why)) => why,
        };
        assert_eq!(names("stable, EMPTY"), "Stable,Empty");
        assert!(names("none").contains("Invalid state list 'none'. Valid states are: PreparingRebalance,"));
    }

    #[test]
    fn columns_are_ten_wider_than_the_longest_group() {
        let group = GroupListing {
            group_id: "a-rather-long-group".into(),
            protocol_type: "consumer".into(),
            state: "Stable".into(),
            group_type: "classic".into(),
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        write(&mut Console::new(&mut out, &mut err), &[group], true, true).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "GROUP                         TYPE                 STATE               \n\
             a-rather-long-group           Classic              Stable              \n"
        );
    }
}
