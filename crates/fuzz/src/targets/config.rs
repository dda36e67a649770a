//! Properties files, and nodes, topics and descriptions made of what they say.

use std::collections::BTreeMap;

use ottla_config::{Layers, Written};
use ottla_properties::{Properties, Writer};

use crate::Target;

pub(super) const TARGET: Target = Target { name: "config", run, seeds };

/// Enough for a node, so that what follows it is looked at.
const NODE: &[u8] = b"process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
    listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
    controller.quorum.bootstrap.servers=localhost:9093\n";

fn run(input: &[u8]) {
    check_properties(input);
    if input.len().is_multiple_of(NODE_EVERY) {
        check_node(input);
    }
}

/// A node with its descriptions takes milliseconds in a debug build, so that only inputs of some lengths become one.
const NODE_EVERY: usize = 8;

fn check_node(input: &[u8]) {
    let Ok(file) = Written::from_file("fuzzed", &[NODE, input].concat()) else { return };
    let mut layers = Layers::new(&file);
    let values: BTreeMap<String, String> =
        file.iter().map(|(name, value)| (name.to_owned(), value.text.clone())).collect();
    layers.set_cluster(values.clone());
    layers.set_broker(values);
    let Ok(config) = layers.resolve() else { return };
    let _ = config.topic_config(&file).map(|topic| topic.effective_local_retention_ms());
    let _ = config.group_config(&file);
    for endpoint in &config.listeners.listeners {
        let _ = config.for_listener(&endpoint.listener);
    }
    assert!(layers.describe_broker(&config).len() >= config_keys());
    let _ = (layers.describe_topic(&config, &file), layers.describe_group(&config, &file));
    let _ = (layers.describe_cluster(), layers.describe_client_metrics(&file));
}

/// Keys that every description has.
fn config_keys() -> usize {
    ottla_config::Definition::BROKER.keys().filter(|key| !key.internal).count()
}

/// What is read, once written, must read the same.
fn check_properties(input: &[u8]) {
    let Ok(read) = Properties::parse(input) else { return };
    let mut writer = Writer::new();
    read.entries.iter().for_each(|entry| writer.entry(&entry.key, &entry.value));
    let again = Properties::parse(writer.into_text().as_bytes()).expect("written by us");
    let pairs = |properties: &Properties| -> Vec<(String, String)> {
        properties.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    };
    assert_eq!(pairs(&again), pairs(&read));
}

fn seeds() -> Vec<Vec<u8>> {
    let files: [&[u8]; 6] = [
        b"# comment\n! another\nlog.dirs = /a, /b\nlog.retention.minutes:5\nnum.io.threads 9\n",
        b"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,\\\n  CONTROLLER:PLAINTEXT\nadvertised.listeners=PLAINTEXT://[::1]:9092\n",
        b"controller.quorum.voters=1@c1:9093,2@[::1]:9094\nmax.connections.per.ip.overrides=127.0.0.1:5,::1:7\n",
        b"log.cleaner.io.buffer.load.factor=1.8e308\nlog.cleaner.min.cleanable.ratio=0x1.8p-1\ncompression.gzip.level=-1\n",
        b"\\u0061\\ud83d\\ude00=\\t\\n\\f\\\\ \nlistener.name.plaintext.ssl.keystore.password=secret\n",
        b"share.auto.offset.reset=by_duration:PT1H2M3.4S\nretention.ms=-1\ncleanup.policy=compact,delete\nmatch=client_id=a\n",
    ];
    files.into_iter().map(<[u8]>::to_vec).collect()
}
