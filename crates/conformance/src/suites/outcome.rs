//! How tests of a suite went, and the lines they are told in.

use std::time::Duration;

use anyhow::{Context, bail};

/// How one run of a test went. A test with several variants has several.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) took: Duration,
    pub(super) how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    Passed,
    Skipped(String),
    Failed(String),
}

impl Outcome {
    pub(super) fn new(name: &str, took: Duration, how: How) -> Self {
        Self { name: name.to_owned(), took, how }
    }

    /// Only a test that passed is one that holds.
    pub(super) fn into_result(self) -> anyhow::Result<()> {
        match self.how {
            How::Passed => Ok(()),
            How::Skipped(reason) => bail!("skipped: {reason}"),
            How::Failed(reason) => bail!("{reason}"),
        }
    }
}

/// All runs of a test as one: it failed if one of them did, and passed if one did that.
pub(super) fn of(name: &str, outcomes: &[Outcome]) -> Outcome {
    let mut how = How::Failed("it did not run".to_owned());
    let mut took = Duration::ZERO;
    for (index, outcome) in outcomes.iter().filter(|outcome| outcome.name == name).enumerate() {
        took += outcome.took;
        let weighs_more = match (&how, &outcome.how) {
            _ if index == 0 => true,
            (How::Failed(_), _) | (How::Passed, How::Passed | How::Skipped(_)) => false,
            (How::Passed, How::Failed(_)) | (How::Skipped(_), _) => true,
        };
        if weighs_more {
            how = outcome.how.clone();
        }
    }
    Outcome::new(name, took, how)
}

/// Reads lines of name, `passed`, `skipped` or `failed`, seconds and the reason, with tabs between them.
pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Outcome>> {
    text.lines().map(|line| parse_line(line).with_context(|| format!("in the outcome {line:?}"))).collect()
}

fn parse_line(line: &str) -> anyhow::Result<Outcome> {
    let [name, how, seconds, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
        bail!("it has not four fields");
    };
    let how = match how {
        "passed" => How::Passed,
        "skipped" => How::Skipped(reason.to_owned()),
        "failed" => How::Failed(reason.to_owned()),
        _ => bail!("{how:?} is no way in which a test goes"),
    };
    Ok(Outcome::new(name, Duration::try_from_secs_f64(seconds.parse()?)?, how))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_test_count_as_one() {
        let how = |lines: &str| of("t", &parse(lines).unwrap()).how;
        assert_eq!(how("t\tskipped\t0\tthe same\nt\tpassed\t1.5\t\nu\tfailed\t1\tno\n"), How::Passed);
        assert_eq!(how("t\tpassed\t1\t\nt\tskipped\t0\tthe same\n"), How::Passed);
        assert_eq!(how("t\tpassed\t1\t\nt\tfailed\t1\tno\nt\tpassed\t1\t\n"), How::Failed("no".to_owned()));
        assert_eq!(how("t\tskipped\t1\tnot here\n"), How::Skipped("not here".to_owned()));
        assert_eq!(how("u\tpassed\t1\t\n"), How::Failed("it did not run".to_owned()));
    }

    #[test]
    fn only_a_pass_is_a_pass() {
        for line in ["t\tskipped\t0\tno broker", "t\tfailed\t0\tno"] {
            assert!(of("t", &parse(line).unwrap()).into_result().is_err(), "{line}");
        }
    }

    #[test]
    fn an_outcome_that_is_none_is_refused() {
        for line in ["t\tpassed\t0", "t\tperhaps\t0\t", "t\tpassed\t-1\t", "t\tpassed\tlong\t"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
