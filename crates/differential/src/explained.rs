//! Differences that are meant, each with its reason. One that no longer appears fails a whole run until it is struck.

use crate::report::Finding;

/// A difference, or a family of them. `*` in a path stands for one step; in a value, at its end, for the rest.
#[derive(Debug)]
pub(crate) struct Explained {
    /// Name of the script, or its beginning before `*`.
    pub(crate) script: &'static str,
    /// Name of the API, or `*`.
    pub(crate) api: &'static str,
    pub(crate) path: &'static str,
    pub(crate) kafka: &'static str,
    pub(crate) ottla: &'static str,
    /// Why it is right so.
    pub(crate) why: &'static str,
}

/// All of them.
pub(crate) const EXPLAINED: &[Explained] = &[];

impl Explained {
    pub(crate) fn covers(&self, finding: &Finding) -> bool {
        matches(self.script, finding.script)
            && matches(self.api, finding.api.name())
            && path_matches(self.path, &finding.difference.path)
            && matches(self.kafka, &finding.difference.kafka)
            && matches(self.ottla, &finding.difference.other)
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == text, |beginning| text.starts_with(beginning))
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(step), Some(taken)) if step == "*" || step == taken => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use ottla_wire::api::ApiKey;

    use super::*;
    use crate::compare::Difference;

    #[test]
    fn a_star_is_one_step_of_a_path_and_the_rest_of_a_value() {
        let explained = Explained {
            script: "frames*",
            api: "*",
            path: "/topics/*/errorCode",
            kafka: "3",
            ottla: "clo*",
            why: "",
        };
        let finding = |path: &str| Finding {
            script: "frames: cut",
            played_at: (ApiKey::Metadata, 1),
            api: ApiKey::Metadata,
            version: 1,
            difference: Difference::new(path, 3, "closed"),
        };
        assert!(explained.covers(&finding("/topics/0/errorCode")));
        assert!(!explained.covers(&finding("/topics/0/partitions/errorCode")));
        assert!(!explained.covers(&finding("/topics/0")));
    }
}
