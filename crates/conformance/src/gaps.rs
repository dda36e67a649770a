//! What our node and our tools do not do yet. A gap that is filled fails until it is struck from here.

/// APIs that our node does not serve, and so does not offer.
const UNSERVED: &[&str] = &[
    "AddRaftVoter",
    "AlterClientQuotas",
    "AlterReplicaLogDirs",
    "AlterShareGroupOffsets",
    "AlterUserScramCredentials",
    "ConsumerGroupDescribe",
    "ConsumerGroupHeartbeat",
    "CreateAcls",
    "CreateDelegationToken",
    "DeleteAcls",
    "DeleteShareGroupOffsets",
    "DeleteShareGroupState",
    "DescribeAcls",
    "DescribeClientQuotas",
    "DescribeDelegationToken",
    "DescribeShareGroupOffsets",
    "DescribeUserScramCredentials",
    "ExpireDelegationToken",
    "InitializeShareGroupState",
    "ReadShareGroupState",
    "ReadShareGroupStateSummary",
    "RemoveRaftVoter",
    "RenewDelegationToken",
    "SaslAuthenticate",
    "SaslHandshake",
    "ShareAcknowledge",
    "ShareFetch",
    "ShareGroupDescribe",
    "ShareGroupHeartbeat",
    "StreamsGroupDescribe",
    "StreamsGroupHeartbeat",
    "WriteShareGroupState",
];

/// Checks that fail, by scenario and name, and what is missing.
const FAILING: &[(&str, &str, &str)] = &[];

/// What is missing for this check to hold.
pub(crate) fn missing_for(scenario: &str, check: &str) -> Option<&'static str> {
    FAILING.iter().find(|gap| (gap.0, gap.1) == (scenario, check)).map(|gap| gap.2)
}

/// A line that Apache Kafka's node gets from `broker-api-versions`, as ours gets it.
pub(crate) fn api_line(line: &str) -> String {
    let api = line.strip_prefix("\\t").and_then(|line| line.split_once(": "));
    let unserved = api.filter(|(api, _)| UNSERVED.iter().any(|name| api.split('(').next() == Some(name)));
    match unserved {
        Some((api, rest)) => format!("\\t{api}: UNSUPPORTED{}", if rest.ends_with(',') { "," } else { "" }),
        None => line.to_owned(),
    }
}
