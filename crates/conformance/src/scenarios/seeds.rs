//! The first steps of a tutorial, as they are written there: laid-out scripts, then a program in Python and one in Java.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use ottla_rival::files::renew;
use ottla_rival::{Server, ports};

use super::Scenario;
use crate::bed::Bed;
use crate::process::{PATIENCE, Said, follow, talk, talk_ok};
use crate::report::Report;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "seeds",
    about: "a tutorial's commands and programs, as they are written there",
    is_of_our_tools: false,
    run,
};

const CREATE: &str = "bin/kafka-topics.sh --create --topic my-events --partitions 3 --replication-factor 1 \
                      --bootstrap-server localhost:9092";
const DESCRIBE: &str = "bin/kafka-topics.sh --describe --topic my-events --bootstrap-server localhost:9092";
const PRODUCE: &str = "bin/kafka-console-producer.sh --topic my-events --bootstrap-server localhost:9092";
const CONSUME: &str =
    "bin/kafka-console-consumer.sh --topic my-events --from-beginning --bootstrap-server localhost:9092";

/// Records that the Python program writes and the Java program reads.
const RECORDS: &str = "1000";

fn run(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let place = Place::lay_out(bed)?;
    let formatted = report.check("kafka-storage.sh random-uuid and format", || {
        let id = place.type_in("bin/kafka-storage.sh random-uuid", "")?.stdout.trim().to_owned();
        ensure!(id.len() == 22, "{id} is no cluster id");
        let format = format!("bin/kafka-storage.sh format --standalone -t {id} -c config/server.properties");
        let said = place.type_in(&format, "")?;
        ensure!(said.stdout.contains("Formatting"), "format said {:?}", said.stdout);
        let again = talk(place.shell(&format), "", PATIENCE)?;
        ensure!(again.status == Some(1), "formatting once more ended with {:?}, not 1", again.status);
        Ok(())
    });
    ensure!(formatted, "there is no node without its directory");

    let mut start = Command::new(place.dir.join("bin/kafka-server-start.sh"));
    start.arg("config/server.properties").current_dir(&place.dir);
    let server = Server::start(start, place.port, &place.dir.join("server.log"))?;

    report.check("kafka-topics.sh --create", || {
        let said = place.type_in(CREATE, "")?;
        ensure!(said.stdout == "Created topic my-events.\n", "it said {:?}", said.stdout);
        let described = place.type_in(DESCRIBE, "")?.stdout;
        ensure!(described.contains("PartitionCount: 3\tReplicationFactor: 1"), "it is {described:?}");
        Ok(())
    });
    report.check("kafka-console-producer.sh and kafka-console-consumer.sh", || {
        place.type_in(PRODUCE, "first event\nsecond event\nthird event\n")?;
        let mut events = place.first_lines(CONSUME, 3)?;
        events.sort();
        ensure!(events == ["first event", "second event", "third event"], "it read {events:?}");
        Ok(())
    });
    let bootstrap = format!("localhost:{}", place.port);
    report.check("kafka-python with acks='all', retries=3, batch_size=16384, linger_ms=10", || {
        let mut python = bed.python("seeds");
        python.args([&bootstrap, "my-events", RECORDS]);
        talk_ok(python, "").map(drop)
    });
    report.check("Java with enable.auto.commit=false, max.poll.records=100, commitSync", || {
        let mut java = bed.java("Tutorial");
        java.args([&bootstrap, "my-events", "1003"]);
        talk_ok(java, "").map(drop)
    });
    report.check("the node stops when it is told to", || {
        let status = server.stop()?;
        ensure!(matches!(status.code(), Some(0 | 143)), "it ended with {status}");
        Ok(())
    });
    Ok(())
}

/// Where the scripts are laid out.
struct Place {
    dir: PathBuf,
    port: u16,
}

impl Place {
    /// The settings as they came, but for where the data lies, and for ports when another node has them.
    fn lay_out(bed: &Bed) -> anyhow::Result<Self> {
        let dir = bed.work().join("seeds");
        renew(&dir)?;
        bed.lay_out(&dir)?;
        let [port, controller] =
            if ports::is_free(9092) && ports::is_free(9093) { [9092, 9093] } else { ports::free()? };
        let settings = dir.join("config/server.properties");
        let text = fs::read_to_string(&settings).context("no config/server.properties was laid out")?;
        let text = text.replace("9092", &port.to_string()).replace("9093", &controller.to_string());
        let data = format!("log.dirs={}", dir.join("data").display());
        let moved: Vec<&str> =
            text.lines().map(|line| if line.starts_with("log.dirs=") { &data } else { line }).collect();
        ensure!(moved.contains(&data.as_str()), "{} has no log.dirs", settings.display());
        fs::write(&settings, moved.join("\n") + "\n")?;
        Ok(Self { dir, port })
    }

    fn shell(&self, line: &str) -> Command {
        let mut shell = Command::new("sh");
        let line = line.replace("localhost:9092", &format!("localhost:{}", self.port));
        shell.arg("-c").arg(format!("exec {line}")).current_dir(&self.dir);
        shell
    }

    fn type_in(&self, line: &str, input: &str) -> anyhow::Result<Said> {
        talk_ok(self.shell(line), input)
    }

    /// What a command that never ends says first.
    fn first_lines(&self, line: &str, count: usize) -> anyhow::Result<Vec<String>> {
        let mut running = follow(&self.shell(line), PATIENCE, &self.dir.join("consumer.log"))?;
        running.lines.by_ref().take(count).map(|line| Ok(line?)).collect()
    }
}
