//! What a person sees once the node serves.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::tools::server::Started;

pub(super) struct Page {
    pub(super) host: String,
    pub(super) directories: Vec<PathBuf>,
    /// The cluster that this start has made.
    pub(super) new_cluster: Option<String>,
    /// Without colours.
    pub(super) is_plain: bool,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";
const CONTROLLER: &str = "CONTROLLER";

impl Page {
    pub(super) fn write(&self, out: &mut dyn Write, started: &Started<'_>) -> io::Result<()> {
        let port = started.listeners.iter().find(|listener| listener.name != CONTROLLER);
        let port = port.map_or(0, |listener| listener.address.port());
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let address = format!("{host}:{port}");
        let milliseconds = started.elapsed.as_millis().max(1);

        writeln!(out)?;
        writeln!(out, "  {} {}", self.styled(BOLD, "Ottla"), env!("CARGO_PKG_VERSION"))?;
        writeln!(out)?;
        writeln!(out, "  {}  {}", self.styled(DIM, "Clients"), self.styled(GREEN, &address))?;
        for directory in &self.directories {
            writeln!(out, "  {}     {}", self.styled(DIM, "Data"), directory.display())?;
        }
        if let Some(cluster) = &self.new_cluster {
            writeln!(out, "  {}  {cluster}, made just now", self.styled(DIM, "Cluster"))?;
        }
        writeln!(out, "  {}    in {milliseconds} ms", self.styled(DIM, "Ready"))?;
        writeln!(out)?;
        writeln!(out, "  Try it from another terminal:")?;
        for command in [
            format!("ottla topics --bootstrap-server {address} --create --topic hello"),
            format!("echo hello, world | ottla console-producer --bootstrap-server {address} --topic hello"),
            format!("ottla console-consumer --bootstrap-server {address} --topic hello --from-beginning"),
        ] {
            writeln!(out, "    {}", self.styled(BOLD, &command))?;
        }
        writeln!(out)?;
        writeln!(out, "  {}", self.styled(DIM, "Ctrl-C stops the node."))?;
        writeln!(out)
    }

    fn styled(&self, style: &str, text: &str) -> String {
        if self.is_plain { text.to_owned() } else { format!("{style}{text}{PLAIN}") }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use expect_test::expect;
    use ottla_broker::BoundListener;

    use super::*;

    fn text(is_plain: bool, new_cluster: Option<&str>) -> String {
        let page = Page {
            host: "127.0.0.1".to_owned(),
            directories: vec![PathBuf::from("/srv/ottla-data")],
            new_cluster: new_cluster.map(str::to_owned),
            is_plain,
        };
        let listener = |name: &str, port| BoundListener {
            name: name.to_owned(),
            address: ([127, 0, 0, 1], port).into(),
        };
        let listeners = [listener("PLAINTEXT", 9092), listener("CONTROLLER", 9093)];
        let started = Started { listeners: &listeners, elapsed: Duration::from_millis(7) };
        let mut out = Vec::new();
        page.write(&mut out, &started).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn of_a_new_cluster() {
        let expected = expect![[r#"
            page:
              Ottla 0.1.0

              Clients  127.0.0.1:9092
              Data     /srv/ottla-data
              Cluster  5L6g3nShT-eMCtK--X86sw, made just now
              Ready    in 7 ms

              Try it from another terminal:
                ottla topics --bootstrap-server 127.0.0.1:9092 --create --topic hello
                echo hello, world | ottla console-producer --bootstrap-server 127.0.0.1:9092 --topic hello
                ottla console-consumer --bootstrap-server 127.0.0.1:9092 --topic hello --from-beginning

              Ctrl-C stops the node.

        "#]];
        // A line without indentation, for the others to keep theirs.
        expected.assert_eq(&format!("page:{}", text(true, Some("5L6g3nShT-eMCtK--X86sw"))));
    }

    #[test]
    fn colours_only_where_they_are_seen() {
        assert!(!text(true, None).contains('\x1b'));
        assert!(text(false, None).contains("\x1b[32m127.0.0.1:9092\x1b[0m"));
    }
}
