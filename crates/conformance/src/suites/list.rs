//! The tests of a suite, and where we stand with each.

use anyhow::{Context, bail, ensure};

/// All tests of a suite, sorted by name.
#[derive(Debug)]
pub(super) struct List<'a> {
    pub(super) tests: Vec<Test<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Test<'a> {
    pub(super) name: &'a str,
    pub(super) standing: Standing<'a>,
}

/// Where we stand with a test.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing<'a> {
    /// It holds on our node; `quick` when it is run for every change.
    Holds { quick: bool },
    /// It passes on Apache Kafka but not on our node, which lacks this.
    Absent(&'a str),
    /// It does not count, for this reason: it does not pass on Apache Kafka, or needs no node.
    Uncounted(&'a str),
}

impl<'a> List<'a> {
    /// Reads lines of a name, one of `quick`, `holds`, `absent`, `uncounted`, and the reason for the last two, with tabs
    /// between them; `#` begins a comment.
    pub(super) fn parse(text: &'a str) -> anyhow::Result<Self> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let tests = lines
            .map(|line| parse_line(line).with_context(|| format!("in the list's line {line:?}")))
            .collect::<anyhow::Result<Vec<_>>>()?;
        if let Some([a, b]) = tests.array_windows().find(|[a, b]| a.name >= b.name) {
            bail!("{} stands before {}: tests are sorted by name, each listed once", a.name, b.name);
        }
        Ok(Self { tests })
    }
}

fn parse_line(line: &str) -> anyhow::Result<Test<'_>> {
    let fields: Vec<&str> = line.split('\t').collect();
    let (name, standing) = match fields[..] {
        [name, "quick"] => (name, Standing::Holds { quick: true }),
        [name, "holds"] => (name, Standing::Holds { quick: false }),
        [name, "absent", reason] => (name, Standing::Absent(reason)),
        [name, "uncounted", reason] => (name, Standing::Uncounted(reason)),
        _ => bail!("it is no name and `quick` or `holds`, or `absent` or `uncounted` and a reason"),
    };
    if let Standing::Absent(reason) | Standing::Uncounted(reason) = standing {
        ensure!(!reason.trim().is_empty(), "there is no reason");
    }
    Ok(Test { name, standing })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_a_standing_and_a_reason() {
        let list = List::parse(
            "# of us\na\tholds\nb\tquick\nc\tabsent\tno such thing\nd\tuncounted\tneeds no node\n",
        )
        .unwrap();
        let standings: Vec<_> = list.tests.into_iter().map(|test| test.standing).collect();
        assert_eq!(
            standings,
            [
                Standing::Holds { quick: false },
                Standing::Holds { quick: true },
                Standing::Absent("no such thing"),
                Standing::Uncounted("needs no node"),
            ]
        );
    }

    #[test]
    fn a_test_without_a_standing_or_a_reason_is_refused() {
        for line in ["a", "a\tabsent", "a\tabsent\t ", "a\tuncounted\t", "a\tholds\twell", "a\tpasses"] {
            assert!(List::parse(line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn a_test_stands_once_and_in_its_place() {
        for text in ["b\tholds\na\tholds\n", "a\tholds\na\tquick\n"] {
            assert!(List::parse(text).unwrap_err().to_string().contains("sorted"), "{text:?}");
        }
    }
}
