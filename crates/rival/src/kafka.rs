//! Apache Kafka on this machine: its jars, and our Java beside them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// The folder of our Java sources and settings.
const JAVA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/java");

const POM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pom.xml");

/// Apache Kafka 4.3.1, ready to be started.
#[derive(Debug)]
pub(crate) struct Kafka {
    /// Where everything is written, absolute.
    pub(crate) work: PathBuf,
    libs: PathBuf,
    classes: PathBuf,
}

impl Kafka {
    /// Fetches the jars when they are not there and compiles our sources against them.
    pub(crate) fn prepare(work: &Path, libs: Option<&Path>) -> anyhow::Result<Self> {
        fs::create_dir_all(work).with_context(|| format!("cannot create {}", work.display()))?;
        let work = work.canonicalize()?;
        let libs = match libs {
            Some(libs) => libs.to_owned(),
            None => fetch(&work)?,
        };
        let kafka = Self { classes: work.join("classes"), work, libs };
        renew(&kafka.temporary())?;
        kafka.compile()?;
        Ok(kafka)
    }

    fn compile(&self) -> anyhow::Result<()> {
        let mut sources = Vec::new();
        for entry in fs::read_dir(JAVA)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "java") {
                sources.push(path);
            }
        }
        let mut javac = Command::new("javac");
        javac.args(["-nowarn", "-Xlint:none", "-proc:none", "-XDsuppressNotes", "-d"]).arg(&self.classes);
        run(javac.arg("-cp").arg(self.jars()).args(sources))
    }

    /// A virtual machine with the jars and our classes, told to start quickly rather than to run fast.
    pub(crate) fn java(&self, heap_mib: u32) -> Command {
        let mut java = Command::new("java");
        java.arg(format!("-Xmx{heap_mib}m"))
            .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .arg(format!("-Dlog4j2.configurationFile={JAVA}/log4j2.properties"))
            .arg("-Dfile.encoding=UTF-8")
            .arg(format!("-Djava.io.tmpdir={}", self.temporary().display()))
            .arg("-cp")
            .arg(format!("{}:{}", self.classes.display(), self.jars()));
        java
    }

    /// The settings every node starts from.
    pub(crate) fn server_properties() -> anyhow::Result<String> {
        Ok(fs::read_to_string(format!("{JAVA}/server.properties"))?)
    }

    /// Where libraries that unpack themselves may do so.
    fn temporary(&self) -> PathBuf {
        self.work.join("tmp")
    }

    fn jars(&self) -> String {
        format!("{}/*", self.libs.display())
    }
}

/// Jars appear under their final name only when all of them are there.
fn fetch(work: &Path) -> anyhow::Result<PathBuf> {
    let libs = work.join("kafka-4.3.1");
    if libs.exists() {
        return Ok(libs);
    }
    let part = work.join("kafka-4.3.1.part");
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", "-f", POM, "dependency:copy-dependencies"]);
    run(maven.arg(format!("-DoutputDirectory={}", part.display())))?;
    ensure!(part.is_dir(), "maven fetched no jars into {}", part.display());
    fs::rename(&part, &libs)?;
    Ok(libs)
}

/// Makes `dir` an empty directory.
pub(crate) fn renew(dir: &Path) -> anyhow::Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
    }
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))
}

/// Runs `command` to its end; an exit status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {program}; is it installed?"))?;
    if !status.success() {
        bail!("{program} ended with {status}");
    }
    Ok(())
}
