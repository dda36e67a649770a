//! The programs that Apache Kafka's system tests drive: a producer and consumers that tell what they did line by line, and
//! a test of what a client of this version may expect.

use std::process::Command;

use anyhow::ensure;
use serde_json::Value;

use super::Scenario;
use crate::bed::Bed;
use crate::process::{PATIENCE, follow, talk_ok};
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "verifiable",
    about: "the clients of Kafka's system tests: compatibility, a producer, consumers of a group",
    is_of_our_tools: false,
    run,
};

const TOPIC: &str = "verifiable";

/// What the clients of a broker as new as themselves find.
const FEATURES: &[&str] = &[
    "--offsets-for-times-supported",
    "--cluster-id-supported",
    "--create-topics-supported",
    "--describe-configs-supported",
    "--idempotent-producer-supported",
];

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let node = bed.fresh("verifiable")?;
    let tool = |class: &str, topic: &str| {
        let mut java = bed.java(&format!("org.apache.kafka.tools.{class}"));
        java.args(["--bootstrap-server", &node.bootstrap(), "--topic", topic]);
        java
    };
    report.check("ClientCompatibilityTest", || {
        let mut test = tool("ClientCompatibilityTest", "compatible");
        test.args(FEATURES.iter().flat_map(|feature| [feature, "true"]));
        test.args(["--describe-acls-supported", "false", "--expect-record-too-large-exception", "false"]);
        test.args(["--num-cluster-nodes", "1"]);
        talk_ok(test, "").map(drop)
    });

    let mut topics: Command = bed.tool(bed.subject, "topics")?;
    topics.args(["--bootstrap-server", &node.bootstrap(), "--create", "--topic", TOPIC, "--partitions", "2"]);
    report.check("kafka-topics --create", || talk_ok(topics, "").map(drop));

    let records = bed.pick(50_000, 5_000);
    report.check("VerifiableProducer", || {
        let mut producer = tool("VerifiableProducer", TOPIC);
        producer.args(["--max-messages", &records.to_string(), "--acks", "-1", "--value-prefix", "7"]);
        let said = talk_ok(producer, "")?.stdout;
        let acknowledged = said.lines().filter(|line| line.contains("\"producer_send_success\"")).count();
        ensure!(acknowledged == records, "{acknowledged} of {records} were acknowledged");
        Ok(())
    });
    report.check("VerifiableConsumer, twice: the second goes on where the first left", || {
        let mut read = 0;
        for id in ["one", "two"] {
            let mut consumer = tool("VerifiableConsumer", TOPIC);
            consumer.args(["--group-id", "verifiable", "--reset-policy", "earliest"]);
            consumer.args(["--max-messages", &(records / 2).to_string()]);
            let mut consumer = follow(&consumer, PATIENCE, &node.dir().join(format!("consumer-{id}.log")))?;
            for line in consumer.lines.by_ref() {
                read += consumed(&line?)?;
            }
            consumer.finish()?;
        }
        ensure!(read == records as u64, "they read {read} of {records}");
        Ok(())
    });
    Ok(())
}

/// Records that a line of a consumer's says it took from its partitions.
fn consumed(line: &str) -> anyhow::Result<u64> {
    let event: Value = serde_json::from_str(line)?;
    let partitions = event["partitions"].as_array().filter(|_| event["name"] == "records_consumed");
    Ok(partitions.into_iter().flatten().filter_map(|partition| partition["count"].as_u64()).sum())
}
