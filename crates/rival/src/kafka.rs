//! The jars of Apache Kafka, and our Java beside them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::files::renew;

const POM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pom.xml");

/// How virtual machines of Kafka write their logs: warnings and errors, to standard error.
pub const LOGGING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/log4j2.properties");

/// Kafka's command line tools by the middle of their scripts' names (`topics` of `kafka-topics.sh`), with the class of each.
pub const TOOLS: &[(&str, &str)] = &[
    ("broker-api-versions", "org.apache.kafka.tools.BrokerApiVersionsCommand"),
    ("cluster", "org.apache.kafka.tools.ClusterTool"),
    ("configs", "kafka.admin.ConfigCommand"),
    ("console-consumer", "org.apache.kafka.tools.consumer.ConsoleConsumer"),
    ("console-producer", "org.apache.kafka.tools.ConsoleProducer"),
    ("consumer-groups", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"),
    ("consumer-perf-test", "org.apache.kafka.tools.ConsumerPerformance"),
    ("delete-records", "org.apache.kafka.tools.DeleteRecordsCommand"),
    ("dump-log", "org.apache.kafka.tools.DumpLogSegments"),
    ("features", "org.apache.kafka.tools.FeatureCommand"),
    ("get-offsets", "org.apache.kafka.tools.GetOffsetShell"),
    ("groups", "org.apache.kafka.tools.GroupsCommand"),
    ("leader-election", "org.apache.kafka.tools.LeaderElectionCommand"),
    ("log-dirs", "org.apache.kafka.tools.LogDirsCommand"),
    ("metadata-quorum", "org.apache.kafka.tools.MetadataQuorumCommand"),
    ("producer-perf-test", "org.apache.kafka.tools.ProducerPerformance"),
    ("reassign-partitions", "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"),
    ("server-start", "kafka.Kafka"),
    ("storage", "kafka.tools.StorageTool"),
    ("topics", "org.apache.kafka.tools.TopicCommand"),
    ("transactions", "org.apache.kafka.tools.TransactionsCommand"),
];

/// What Kafka's own scripts tell every virtual machine.
const AS_SHIPPED: &[&str] = &[
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-XX:MaxInlineLevel=15",
    "-Djava.awt.headless=true",
];

/// Apache Kafka 4.3.1, ready to be started.
#[derive(Debug)]
pub struct Kafka {
    /// Where everything is written, absolute.
    pub work: PathBuf,
    libs: PathBuf,
    /// Held as long as we are: two of us in one directory would pull it from under each other's nodes.
    _lock: File,
}

impl Kafka {
    /// Fetches the jars when they are not there and compiles the Java sources in `sources` against them.
    pub fn prepare(work: &Path, libs: Option<&Path>, sources: Option<&Path>) -> anyhow::Result<Self> {
        fs::create_dir_all(work).with_context(|| format!("cannot create {}", work.display()))?;
        let work = work.canonicalize()?;
        let lock = File::create(work.join("lock"))?;
        lock.try_lock().with_context(|| format!("somebody else works in {}", work.display()))?;
        let libs = match libs {
            Some(libs) => libs.canonicalize().with_context(|| format!("no jars in {}", libs.display()))?,
            None => fetch(&work)?,
        };
        let kafka = Self { work, libs, _lock: lock };
        renew(&kafka.temporary())?;
        if let Some(sources) = sources {
            kafka.compile(sources)?;
        }
        Ok(kafka)
    }

    fn compile(&self, sources: &Path) -> anyhow::Result<()> {
        let mut javac = Command::new("javac");
        javac.args(["-nowarn", "-Xlint:none", "-proc:none", "-XDsuppressNotes", "-d"]).arg(self.classes());
        javac.arg("-cp").arg(self.jars());
        for entry in fs::read_dir(sources).with_context(|| format!("cannot list {}", sources.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "java") {
                javac.arg(path);
            }
        }
        run(&mut javac)
    }

    /// A virtual machine with the jars and our classes, told to start quickly rather than to run fast.
    pub fn java(&self, heap_mib: u32) -> Command {
        let mut java = Command::new("java");
        java.arg(format!("-Xmx{heap_mib}m")).args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        self.with_classes(java)
    }

    /// A virtual machine with the settings that Kafka's own scripts give it, and the memory they give a class like the
    /// one to run: `1G` a broker, `512M` a performance test.
    pub fn java_as_shipped(&self, heap: &str) -> Command {
        let mut java = Command::new("java");
        java.arg(format!("-Xmx{heap}")).args(AS_SHIPPED);
        self.with_classes(java)
    }

    /// One of Kafka's tools by its name in [`TOOLS`].
    pub fn tool(&self, name: &str, heap_mib: u32) -> anyhow::Result<Command> {
        let mut java = self.java(heap_mib);
        java.arg(class_of(name)?);
        Ok(java)
    }

    fn with_classes(&self, mut java: Command) -> Command {
        java.arg(format!("-Dlog4j2.configurationFile={LOGGING}"))
            .arg("-Dfile.encoding=UTF-8")
            .arg(format!("-Djava.io.tmpdir={}", self.temporary().display()))
            .arg("-cp")
            .arg(format!("{}:{}", self.classes().display(), self.jars()));
        java
    }

    fn classes(&self) -> PathBuf {
        self.work.join("classes")
    }

    /// Where libraries that unpack themselves may do so.
    fn temporary(&self) -> PathBuf {
        self.work.join("tmp")
    }

    fn jars(&self) -> String {
        format!("{}/*", self.libs.display())
    }
}

/// The class of one of Kafka's tools by its name in [`TOOLS`].
pub fn class_of(tool: &str) -> anyhow::Result<&'static str> {
    let class = TOOLS.iter().find(|(name, _)| *name == tool);
    Ok(class.with_context(|| format!("Kafka has no tool called {tool}"))?.1)
}

/// The jars of Apache Kafka.
fn fetch(work: &Path) -> anyhow::Result<PathBuf> {
    let libs = work.join("kafka-4.3.1");
    fetch_jars(Path::new(POM), &libs)?;
    Ok(libs)
}

/// Fetches the jars that a Maven project depends on into `libs`, unless it is there. It appears under its final name only
/// when all of them are in it.
pub fn fetch_jars(pom: &Path, libs: &Path) -> anyhow::Result<()> {
    if libs.exists() {
        return Ok(());
    }
    let part = libs.with_added_extension("part");
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f"]).arg(pom).arg("dependency:copy-dependencies");
    run(maven.arg(format!("-DoutputDirectory={}", part.display())))?;
    ensure!(part.is_dir(), "maven fetched no jars into {}", part.display());
    fs::rename(&part, libs)?;
    Ok(())
}

/// Runs `command` to its end; an exit status other than 0 is an error.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {program}; is it installed?"))?;
    if !status.success() {
        bail!("{program} ended with {status}");
    }
    Ok(())
}
