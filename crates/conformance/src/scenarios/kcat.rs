//! kcat, which is librdkafka: producing with every codec, consuming, listing, asking for offsets, a group.

use std::process::Command;

use anyhow::ensure;

use super::Scenario;
use crate::bed::Bed;
use crate::process::talk_ok;
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "kcat",
    about: "librdkafka by kcat: -P -C -L -Q -G, every codec",
    is_of_our_tools: false,
    run,
};

const TOPIC: &str = "kcat";

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Records that each codec writes.
const RECORDS: usize = 500;

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let node = bed.fresh("kcat")?;
    let kcat = |words: &str, input: &str| {
        let mut kcat = bed.kcat.command();
        kcat.arg("-b").arg(node.bootstrap()).args(words.split(' '));
        Ok::<_, anyhow::Error>(talk_ok(kcat, input)?.stdout)
    };
    let mut topics: Command = bed.tool(bed.subject, "topics")?;
    topics.args(["--bootstrap-server", &node.bootstrap(), "--create", "--topic", TOPIC, "--partitions", "2"]);
    talk_ok(topics, "")?;

    for codec in CODECS {
        report.check(&format!("-P -z {codec}"), || {
            let lines: String = (0..RECORDS).map(|n| format!("{codec}:{n}\n")).collect();
            kcat(&format!("-P -t {TOPIC} -p 0 -z {codec} -K: -X acks=all"), &lines).map(drop)
        });
    }
    report.check("-C from the beginning to the end", || {
        let read = kcat(&format!("-C -t {TOPIC} -p 0 -o beginning -e -q -f %o:%k:%s\\n"), "")?;
        let pairs = CODECS.iter().flat_map(|codec| (0..RECORDS).map(move |n| format!("{codec}:{n}")));
        let expected: String = pairs.enumerate().map(|(offset, pair)| format!("{offset}:{pair}\n")).collect();
        ensure!(read == expected, "{} lines in place of {}", read.lines().count(), expected.lines().count());
        Ok(())
    });
    report.check("-P as an idempotent producer, with headers, and -C of them", || {
        let words = format!("-P -t {TOPIC} -p 1 -X enable.idempotence=true -H one=1 -H two=2");
        kcat(&words, "with headers\n")?;
        let read = kcat(&format!("-C -t {TOPIC} -p 1 -o beginning -e -q -f %h|%s\\n"), "")?;
        ensure!(read == "one=1,two=2|with headers\n", "it read {read:?}");
        Ok(())
    });
    report.check("-C of the last ones and from an offset", || {
        let last = kcat(&format!("-C -t {TOPIC} -p 0 -o -3 -e -q -f %o\\n"), "")?;
        ensure!(last == "2497\n2498\n2499\n", "the last are {last:?}");
        let one = kcat(&format!("-C -t {TOPIC} -p 0 -o 777 -c 1 -q -f %o\\n"), "")?;
        ensure!(one == "777\n", "777 is {one:?}");
        Ok(())
    });
    report.check("-L", || {
        let listed = kcat("-L", "")?;
        for part in
            ["1 brokers:", &format!("broker 1 at {}", node.bootstrap()), "topic \"kcat\" with 2 partitions:"]
        {
            ensure!(listed.contains(part), "there is no {part:?} in {listed}");
        }
        let json = kcat(&format!("-L -J -t {TOPIC}"), "")?;
        ensure!(json.contains(r#""topic":"kcat""#), "it listed {json}");
        Ok(())
    });
    report.check("-Q", || {
        let asked = kcat(&format!("-Q -t {TOPIC}:0:-1 -t {TOPIC}:0:-2 -t {TOPIC}:0:1"), "")?;
        ensure!(asked.contains(&format!("{TOPIC} [0] offset ")), "it said {asked:?}");
        let end = kcat(&format!("-Q -t {TOPIC}:0:-1"), "")?;
        ensure!(end == format!("{TOPIC} [0] offset 2500\n"), "the end is {end:?}");
        Ok(())
    });
    report.check("-G, twice: a group goes on where it left", || {
        let group = format!("-G kcat-group -X auto.offset.reset=earliest -c 2501 -q -f %p:%o\\n {TOPIC}");
        let read = kcat(&group, "")?;
        ensure!(read.lines().count() == 2501, "it read {} records", read.lines().count());
        kcat(&format!("-P -t {TOPIC} -p 1"), "one more\n")?;
        let more = kcat(&format!("-G kcat-group -c 1 -q -f %s\\n {TOPIC}"), "")?;
        ensure!(more == "one more\n", "it went on with {more:?}");
        Ok(())
    });
    Ok(())
}
