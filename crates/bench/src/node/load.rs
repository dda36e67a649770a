//! Kafka's producer and consumer performance tests against one node, with the clients' default settings.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use ottla_rival::{Node, Pair, Whose, class_of};

use crate::figures::{Better, Figures};

/// Bytes of a record.
const RECORD_BYTES: [u64; 2] = [100, 1024];

const ACKS: [&str; 2] = ["1", "all"];

/// MiB that go through before anything is measured.
const WARM_UP_MIB: u64 = 30;

/// Memory that Kafka's script gives a performance test.
const CLIENT_HEAP: &str = "512M";

pub(crate) fn measure(
    pair: &Pair,
    node: &Node<'_>,
    whose: Whose,
    mib: u64,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let load = Load { pair, node, whose };
    load.produce("warm-up", 1024, "1", WARM_UP_MIB)?;
    load.consume("warm-up", 1024, WARM_UP_MIB)?;
    for size in RECORD_BYTES {
        for acks in ACKS {
            let topic = format!("perf-{size}-{acks}");
            let what = format!("produce {size} B, acks={acks}");
            let (printed, cost) = load.costing(mib, || load.produce(&topic, size, acks, mib))?;
            // As in `5000 records sent, 4000.0 records/sec (3.81 MB/sec), 12.0 ms avg latency, ...`.
            let mut note = |figure: &str, unit, better, before: &str| {
                let value = number_before(&printed, before)?;
                figures.note(whose, &format!("{what}: {figure}"), unit, better, value);
                anyhow::Ok(())
            };
            note("rate", "MB/s", Better::More, " MB/sec")?;
            note("latency, half", "ms", Better::Less, " ms 50th")?;
            note("latency, 99%", "ms", Better::Less, " ms 99th")?;
            figures.note(whose, &format!("{what}: node's CPU"), "s/GB", Better::Less, cost);

            let what = format!("consume {size} B");
            let (printed, cost) = load.costing(mib, || load.consume(&topic, size, mib))?;
            // The last of ten columns but one is the rate of fetching alone.
            let columns: Vec<&str> = printed.lines().last().unwrap_or_default().split(", ").collect();
            let rate = columns.get(8).with_context(|| format!("no rate in {printed:?}"))?.trim().parse()?;
            figures.note(whose, &format!("{what}: rate"), "MB/s", Better::More, rate);
            figures.note(whose, &format!("{what}: node's CPU"), "s/GB", Better::Less, cost);
        }
    }
    let peak = node.server()?.memory_kib("VmHWM")? as f64 / 1024.0;
    figures.note(whose, "memory, peak under load", "MiB", Better::Less, peak);
    let anonymous = node.server()?.memory_kib("RssAnon")? as f64 / 1024.0;
    figures.note(whose, "memory, after load, without files", "MiB", Better::Less, anonymous);
    Ok(())
}

struct Load<'a> {
    pair: &'a Pair,
    node: &'a Node<'a>,
    whose: Whose,
}

impl Load<'_> {
    /// What a test printed, and the node's seconds of processor time for each GB.
    fn costing(
        &self,
        mib: u64,
        test: impl FnOnce() -> anyhow::Result<String>,
    ) -> anyhow::Result<(String, f64)> {
        let server = self.node.server()?;
        let (before, start) = (server.cpu_seconds()?, Instant::now());
        let printed = test()?;
        let seconds = server.cpu_seconds()? - before;
        eprintln!(
            "  {}, node's CPU {seconds:.2} s in {:.1} s, {}",
            self.whose,
            start.elapsed().as_secs_f64(),
            last(&printed)
        );
        Ok((printed, seconds / ((mib << 20) as f64 / 1e9)))
    }

    fn produce(&self, topic: &str, size: u64, acks: &str, mib: u64) -> anyhow::Result<String> {
        self.test(
            "producer-perf-test",
            &[
                "--bootstrap-server",
                &self.node.bootstrap(),
                "--topic",
                topic,
                "--num-records",
                &records(size, mib).to_string(),
                "--record-size",
                &size.to_string(),
                "--throughput",
                "-1",
                "--command-property",
                &format!("acks={acks}"),
            ],
        )
    }

    fn consume(&self, topic: &str, size: u64, mib: u64) -> anyhow::Result<String> {
        let count = records(size, mib).to_string();
        let bootstrap = self.node.bootstrap();
        self.test(
            "consumer-perf-test",
            &["--bootstrap-server", &bootstrap, "--topic", topic, "--num-records", &count],
        )
    }

    /// A test of Kafka's in a virtual machine as Kafka's script starts it.
    fn test(&self, name: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let mut java: Command = self.pair.kafka.java_as_shipped(CLIENT_HEAP);
        let said = java.arg(class_of(name)?).args(arguments).output().context("cannot start java")?;
        let stdout = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        ensure!(
            said.status.success(),
            "{name} ended with {}: {stdout}\n{}",
            said.status,
            String::from_utf8_lossy(&said.stderr)
        );
        Ok(last(&stdout).to_owned())
    }
}

fn records(size: u64, mib: u64) -> u64 {
    (mib << 20) / size
}

fn last(printed: &str) -> &str {
    printed.lines().last().unwrap_or_default()
}

/// The number in front of these words.
fn number_before(text: &str, words: &str) -> anyhow::Result<f64> {
    let end = text.find(words).with_context(|| format!("no {words:?} in {text:?}"))?;
    let number = text[..end].rsplit([' ', '(']).next().unwrap_or_default();
    number.parse().with_context(|| format!("no number before {words:?} in {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::number_before;

    #[test]
    fn the_figures_of_a_performance_test() {
        let line = "5000 records sent, 4000.5 records/sec (3.81 MB/sec), 12.25 ms avg latency, 90.00 ms max latency, 9 ms 50th.";
        assert_eq!(number_before(line, " MB/sec").unwrap(), 3.81);
        assert_eq!(number_before(line, " ms avg").unwrap(), 12.25);
        assert_eq!(number_before(line, " ms 50th").unwrap(), 9.0);
        assert!(number_before(line, " ms 99th").is_err());
    }
}
