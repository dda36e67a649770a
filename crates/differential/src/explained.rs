//! Differences that are meant, each with its reason. One that no longer appears fails a whole run until it is struck.

use crate::report::Finding;

/// A difference, or a family of them. `*` in a path stands for one step, and `**` for any path; in a value, `*` at its end
/// stands for the rest.
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

const UNSERVED: &str = "not served yet";

/// Names of what is no script.
pub(crate) const DRAWN: &str = "a drawn request";
pub(crate) const ALTERED: &str = "an altered request";

const DUPLICATES: &str =
    "a partition that is named twice is written twice, where Kafka drops one of the batches";

const NONSENSE: &str =
    "replicas of no broker in sessions of no client: Apache Kafka fails, and we say that there is no session";

const EMPTY_NAME: &str = "an empty name is no topic's, where Kafka fails on it";

/// An API that Apache Kafka offers and we do not.
const fn unserved(path: &'static str) -> Explained {
    Explained { script: "*", api: "ApiVersions", path, kafka: "{*", ottla: "absent", why: UNSERVED }
}

/// All of them.
pub(crate) const EXPLAINED: &[Explained] = &[
    unserved("/apiKeys/17"),
    unserved("/apiKeys/29"),
    unserved("/apiKeys/30"),
    unserved("/apiKeys/31"),
    unserved("/apiKeys/34"),
    unserved("/apiKeys/36"),
    unserved("/apiKeys/38"),
    unserved("/apiKeys/39"),
    unserved("/apiKeys/40"),
    unserved("/apiKeys/41"),
    unserved("/apiKeys/48"),
    unserved("/apiKeys/49"),
    unserved("/apiKeys/50"),
    unserved("/apiKeys/51"),
    unserved("/apiKeys/68"),
    unserved("/apiKeys/69"),
    unserved("/apiKeys/76"),
    unserved("/apiKeys/77"),
    unserved("/apiKeys/78"),
    unserved("/apiKeys/79"),
    unserved("/apiKeys/80"),
    unserved("/apiKeys/81"),
    unserved("/apiKeys/83"),
    unserved("/apiKeys/84"),
    unserved("/apiKeys/85"),
    unserved("/apiKeys/86"),
    unserved("/apiKeys/87"),
    unserved("/apiKeys/88"),
    unserved("/apiKeys/89"),
    unserved("/apiKeys/90"),
    unserved("/apiKeys/91"),
    unserved("/apiKeys/92"),
    Explained {
        script: "topics that appear when they are asked for",
        api: "Metadata",
        path: "/topics/*/*",
        kafka: "*",
        ottla: "*",
        why: "who asks for a topic that is created then is told of it at once, where Kafka has them ask again",
    },
    Explained {
        script: "topics by name",
        api: "Metadata",
        path: "/topics/*/*",
        kafka: "*",
        ottla: "*",
        why: "the same, as versions before 4 always create",
    },
    Explained {
        script: "topics by id",
        api: "Metadata",
        path: "**",
        kafka: "*",
        ottla: "*",
        why: "a topic without name and id is unknown to us, where Kafka fails on it with UNKNOWN_SERVER_ERROR",
    },
    Explained {
        script: "two alike of everything",
        api: "AlterConfigs",
        path: "",
        kafka: "silence",
        ottla: "*",
        why: "Apache Kafka never answers who names a resource twice",
    },
    Explained {
        script: "batches that lie",
        api: "Produce",
        path: "",
        kafka: "silence",
        ottla: "*",
        why: "Apache Kafka never answers who sends null for records",
    },
    Explained {
        script: "batches that lie",
        api: "Produce",
        path: "/responses/*/partitionResponses/*/errorCode",
        kafka: "-1",
        ottla: "87",
        why: "what cannot be decompressed, or is longer than anything, is an invalid record and no failure of ours",
    },
    Explained {
        script: "batches that lie",
        api: "Fetch",
        path: "/responses/*/partitions/*/records/*/bytes",
        kafka: "*",
        ottla: "*",
        why: "a record that claims a wrong place in its batch is put right, where Kafka keeps it as it is",
    },
    Explained {
        script: "lists of partitions",
        api: "*",
        path: "/responses/*/*",
        kafka: "*",
        ottla: "*",
        why: DUPLICATES,
    },
    Explained {
        script: "lists of partitions",
        api: "*",
        path: "/responses/*/*/*/*",
        kafka: "*",
        ottla: "*",
        why: DUPLICATES,
    },
    Explained {
        script: "two alike of everything",
        api: "Produce",
        path: "/responses/*/partitionResponses",
        kafka: "1 of*",
        ottla: "4 of*",
        why: DUPLICATES,
    },
    Explained {
        script: "two alike of everything",
        api: "OffsetCommit",
        path: "/topics",
        kafka: "1 of*",
        ottla: "2 of*",
        why: "a topic that is named twice is answered twice, and all of its partitions are, as by Kafka",
    },
    Explained {
        script: "numbers that mean nothing",
        api: "Fetch",
        path: "**",
        kafka: "*",
        ottla: "*",
        why: "Apache Kafka fails on levels of isolation and sizes that mean nothing; they count for 0 with us",
    },
    Explained {
        script: "replicas that are none",
        api: "Fetch",
        path: "/nodeEndpoints",
        kafka: "absent",
        ottla: "*",
        why: "replicas, too, are told where the leader is",
    },
    Explained {
        script: "*",
        api: "DescribeTopicPartitions",
        path: "/topics/*/*",
        kafka: "-*",
        ottla: "*",
        why: EMPTY_NAME,
    },
    Explained {
        script: "topics to be created",
        api: "CreateTopics",
        path: "/topics/*/*",
        kafka: "*",
        ottla: "*",
        why: "a request whose time is up before it begins is carried out nevertheless",
    },
    Explained {
        script: "the largest numbers",
        api: "Fetch",
        path: "**",
        kafka: "*",
        ottla: "*",
        why: NONSENSE,
    },
    Explained {
        script: "the smallest numbers",
        api: "Fetch",
        path: "**",
        kafka: "*",
        ottla: "*",
        why: NONSENSE,
    },
    Explained {
        script: "long texts",
        api: "UpdateFeatures",
        path: "/*",
        kafka: "*",
        ottla: "*",
        why: "Apache Kafka fails on the length of its own message",
    },
    Explained {
        script: "two alike of everything",
        api: "AddPartitionsToTxn",
        path: "**",
        kafka: "1 of*",
        ottla: "2 of*",
        why: "a topic that is named twice is answered twice",
    },
    Explained {
        script: "null wherever it may be",
        api: "AddPartitionsToTxn",
        path: "",
        kafka: "silence",
        ottla: "*",
        why: "Apache Kafka never answers who adds nothing",
    },
    Explained {
        script: "two alike of everything",
        api: "WriteTxnMarkers",
        path: "/markers/*/topics",
        kafka: "1 of*",
        ottla: "4 of*",
        why: "markers of one producer and one topic are answered one by one",
    },
    Explained {
        script: "two alike of everything",
        api: "TxnOffsetCommit",
        path: "/topics",
        kafka: "1 of*",
        ottla: "2 of*",
        why: "a topic that is named twice is answered twice, and all of its partitions are, as by Kafka",
    },
    Explained {
        script: DRAWN,
        api: "Produce",
        path: "/responses/*/partitionResponses",
        kafka: "1 of*",
        ottla: "2 of*",
        why: DUPLICATES,
    },
    Explained {
        script: DRAWN,
        api: "FindCoordinator",
        path: "**",
        kafka: "*",
        ottla: "*",
        why: "the topic of a coordinator is there at once, where Kafka has its client ask again",
    },
    Explained {
        script: "batches that lie",
        api: "Produce",
        path: "/responses/*/partitionResponses/*/logStartOffset",
        kafka: "-1",
        ottla: "0",
        why: "the same, of codecs that nobody knows",
    },
];

impl Explained {
    /// Whether it is a difference of requests that are drawn.
    pub(crate) fn is_of_drawn(&self) -> bool {
        [DRAWN, ALTERED].contains(&self.script)
    }

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
            (Some("**"), _) => return true,
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
