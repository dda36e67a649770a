//! `scripts`: lays out a directory as Kafka's download is laid out, so that the commands of a tutorial run there as written.
//!
//! `bin` gets a script for each tool, which runs this binary under the script's name; `config` the files that tutorials name. A
//! configuration that is there already is kept, since somebody may have changed it.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::TOOLS;
use crate::frame::{Arguments, Console, Run, Stop, Syntax, Tool};

pub(super) const TOOL: Tool = Tool {
    name: "scripts",
    script: None,
    summary: "Lay out a directory with Kafka's scripts and configuration files.",
    description: "Usage: ottla scripts DIR. Lays out DIR/bin with Kafka's scripts, each running this binary, and DIR/config with \
                  the configuration files that tutorials name.",
    syntax: Syntax::Options(&[]),
    runs_bare: false,
    run: Run::Plain(run),
};

/// The files of `config`, by their names there.
const CONFIGURATIONS: [(&str, &str); 6] = [
    ("server.properties", include_str!("config/server.properties")),
    ("kraft/server.properties", include_str!("config/kraft-server.properties")),
    ("broker.properties", include_str!("config/broker.properties")),
    ("controller.properties", include_str!("config/controller.properties")),
    ("producer.properties", include_str!("config/producer.properties")),
    ("consumer.properties", include_str!("config/consumer.properties")),
];

const SERVER_START: &str = include_str!("server-start.sh");
const SERVER_START_NAME: &str = "kafka-server-start";
const BINARY: &str = "@OTTLA@";
const SCRIPT_MODE: u32 = 0o755;

fn run(arguments: &Arguments, console: &mut Console<'_>) -> Result<(), Stop> {
    let [directory] = arguments.words() else {
        return Err(Stop::Usage("Name the directory to lay out, as in: ottla scripts kafka".to_owned()));
    };
    let directory = Path::new(directory);
    let binary = console.binary().context("cannot tell where this binary is")?.to_owned();
    let binary = quote(binary.as_os_str())?;
    let (mut scripts, mut kept) = (0, Vec::new());
    let bin = create(directory.join("bin"))?;
    for script in TOOLS.iter().filter_map(|tool| tool.script) {
        write_script(&bin.join(format!("{script}.sh")), &text_of(script, &binary))?;
        scripts += 1;
    }
    create(directory.join("config/kraft"))?;
    for (name, text) in CONFIGURATIONS {
        let path = directory.join("config").join(name);
        if !write_new(&path, text)? {
            kept.push(path);
        }
    }
    writeln!(
        console.out(),
        "Laid out {}: {scripts} scripts in bin, configurations in config.",
        directory.display()
    )?;
    for path in kept {
        writeln!(console.out(), "Kept {} as it was.", path.display())?;
    }
    Ok(())
}

/// The shell's text for a path.
fn quote(path: &OsStr) -> anyhow::Result<String> {
    let path = path.to_str().context("the path of this binary is not valid UTF-8")?;
    Ok(format!("'{}'", path.replace('\'', r"'\''")))
}

fn text_of(script: &str, binary: &str) -> String {
    if script == SERVER_START_NAME {
        return SERVER_START.replace(BINARY, binary);
    }
    format!("#!/bin/sh\nottla={binary}\nexec \"${{OTTLA:-$ottla}}\" {script} \"$@\"\n")
}

fn create(directory: PathBuf) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    Ok(directory)
}

fn write_script(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || {
        fs::write(path, text)?;
        fs::set_permissions(path, fs::Permissions::from_mode(SCRIPT_MODE))
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Whether the file was not there before.
fn write_new(path: &Path, text: &str) -> anyhow::Result<bool> {
    let cannot = || format!("cannot write {}", path.display());
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(text.as_bytes()).with_context(cannot)?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(cannot),
    }
}

#[cfg(test)]
mod tests {
    use ottla_config::ServerConfig;

    use super::*;

    #[test]
    fn configurations_of_nodes_are_valid() {
        for (name, text) in CONFIGURATIONS {
            if matches!(name, "producer.properties" | "consumer.properties") {
                continue;
            }
            let config = ServerConfig::from_properties(name, text.as_bytes());
            let config = config.unwrap_or_else(|errors| panic!("{name}: {errors}"));
            assert_eq!(config.warnings, [""; 0], "{name}");
        }
    }

    #[test]
    fn a_script_runs_the_binary_under_its_name() {
        let binary = quote(OsStr::new("/opt/it's/ottla")).unwrap();
        assert_eq!(
            text_of("kafka-topics", &binary),
            "#!/bin/sh\nottla='/opt/it'\\''s/ottla'\nexec \"${OTTLA:-$ottla}\" kafka-topics \"$@\"\n"
        );
        assert!(!text_of(SERVER_START_NAME, &binary).contains(BINARY));
    }

    #[test]
    fn lays_out_a_directory_and_keeps_what_was_changed() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("kafka");
        let lay_out = || {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let console = Console::new(&mut out, &mut err);
            let mut console = console.with_binary(PathBuf::from("/usr/bin/ottla"));
            let arguments = ["scripts".into(), target.clone().into_os_string()];
            crate::run(OsStr::new("ottla"), arguments, &mut console);
            assert_eq!(String::from_utf8(err).unwrap(), "");
            String::from_utf8(out).unwrap()
        };
        let first = lay_out();
        assert!(first.contains("scripts in bin") && !first.contains("Kept"), "{first}");
        let script = target.join("bin/kafka-dump-log.sh");
        assert_eq!(fs::metadata(script).unwrap().permissions().mode() & 0o777, SCRIPT_MODE);

        let changed = target.join("config/server.properties");
        fs::write(&changed, "node.id=7\n").unwrap();
        let second = lay_out();
        assert!(second.contains(&format!("Kept {} as it was.", changed.display())), "{second}");
        assert_eq!(fs::read_to_string(changed).unwrap(), "node.id=7\n");
    }
}
