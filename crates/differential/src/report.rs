//! What differs, told once for all versions and scripts in which it does.

use std::collections::{BTreeMap, BTreeSet};

use ottla_wire::api::ApiKey;

use crate::compare::Difference;
use crate::explained::Explained;

/// The most kinds of differences that are printed.
const KINDS_MAX: usize = 400;

/// A longer step of a path is no name of a field.
const NAME_LEN_MAX: usize = 60;

/// A difference, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) script: &'static str,
    pub(crate) played_at: (ApiKey, i16),
    /// The API that was answered, and its version.
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    pub(crate) difference: Difference,
}

/// What differences have in common: API, field and both values.
type Kind = (i16, &'static str, String, String, String);

#[derive(Debug, Default)]
struct Seen {
    times: usize,
    versions: BTreeSet<i16>,
    scripts: BTreeSet<String>,
}

/// All findings of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Whether each kind of difference is told as soon as it is found.
    is_talkative: bool,
    kinds: BTreeMap<Kind, Seen>,
    /// How often each explained difference appeared.
    explained: Vec<usize>,
}

impl Report {
    /// A report that tells each kind of difference as soon as it is found.
    pub(crate) fn talkative() -> Self {
        Self { is_talkative: true, ..Self::default() }
    }

    /// Takes down findings, those that `table` explains apart.
    pub(crate) fn take(&mut self, table: &[Explained], findings: Vec<Finding>) {
        self.explained.resize(table.len(), 0);
        for finding in findings {
            match table.iter().position(|explained| explained.covers(&finding)) {
                Some(index) => self.explained[index] += 1,
                None => self.add(finding),
            }
        }
    }

    fn add(&mut self, finding: Finding) {
        let Finding { script, played_at: (walked, at), api, version, difference } = finding;
        let path = without_numbers(&difference.path);
        let kind = (api.number(), api.name(), path, difference.kafka, difference.other);
        if self.is_talkative && !self.kinds.contains_key(&kind) {
            let (_, api, path, kafka, other) = &kind;
            eprintln!(
                "{api} v{version} {path} in {script} ({walked} v{at})\n  kafka {kafka}\n  other {other}"
            );
        }
        let seen = self.kinds.entry(kind).or_default();
        seen.times += 1;
        seen.versions.insert(version);
        seen.scripts.insert(format!("{script} ({walked} v{at})"));
    }

    /// Kinds of differences that nothing explains.
    pub(crate) fn unexplained(&self) -> usize {
        self.kinds.len()
    }

    /// Explained differences that did not appear. Those of requests that are drawn need not.
    pub(crate) fn gone<'t>(&self, table: &'t [Explained]) -> Vec<&'t Explained> {
        let times = |index: usize| self.explained.get(index).copied().unwrap_or(0);
        let is_gone =
            |(index, explained): &(usize, &Explained)| times(*index) == 0 && !explained.is_of_drawn();
        table.iter().enumerate().filter(is_gone).map(|(_, gone)| gone).collect()
    }

    /// How many findings were explained.
    pub(crate) fn explained(&self) -> usize {
        self.explained.iter().sum()
    }

    /// The differences, a line for what, one for both values, and one for where.
    pub(crate) fn print(&self) -> String {
        let mut lines = Vec::new();
        for ((_, api, path, kafka, other), seen) in self.kinds.iter().take(KINDS_MAX) {
            let versions: Vec<String> = seen.versions.iter().map(i16::to_string).collect();
            lines.push(format!("{api} v{} {path} ({} times)", versions.join(","), seen.times));
            lines.push(format!("  kafka {kafka}\n  other {other}"));
            let scripts: Vec<&str> = seen.scripts.iter().take(3).map(String::as_str).collect();
            lines.push(format!("  in {}", scripts.join("; ")));
        }
        if self.kinds.len() > KINDS_MAX {
            lines.push(format!("and {} kinds more", self.kinds.len() - KINDS_MAX));
        }
        lines.join("\n")
    }
}

/// A path with one sign for all places in arrays, and for names that a script has of its own.
fn without_numbers(path: &str) -> String {
    let step = |step: &str| {
        let is_own = step.rsplit_once('-').is_some_and(|(_, end)| is_number(end));
        if is_number(step) || is_own || step.len() > NAME_LEN_MAX { "*".to_owned() } else { step.to_owned() }
    };
    path.split('/').map(step).collect::<Vec<_>>().join("/")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(path: &str, version: i16) -> Finding {
        Finding {
            script: "a script",
            played_at: (ApiKey::Metadata, version),
            api: ApiKey::Metadata,
            version,
            difference: Difference::new(path, 3, 0),
        }
    }

    const TABLE: &[Explained] = &[Explained {
        script: "*",
        api: "Metadata",
        path: "/meant",
        kafka: "3",
        ottla: "*",
        why: "for the test",
    }];

    #[test]
    fn one_difference_in_many_places_is_told_once() {
        let mut report = Report::default();
        report.take(TABLE, vec![finding("/topics/t-7/errorCode", 1), finding("/topics/t-9/errorCode", 2)]);
        assert_eq!(report.unexplained(), 1);
        assert_eq!(
            report.print(),
            "Metadata v1,2 /topics/*/errorCode (2 times)\n  kafka 3\n  other 0\n  \
             in a script (Metadata v1); a script (Metadata v2)"
        );
    }

    #[test]
    fn what_is_explained_is_no_difference_and_is_missed_when_it_is_gone() {
        let mut report = Report::default();
        assert_eq!(report.gone(TABLE).len(), 1);
        report.take(TABLE, vec![finding("/meant", 1)]);
        assert_eq!((report.unexplained(), report.explained(), report.gone(TABLE).len()), (0, 1, 0));
    }
}
