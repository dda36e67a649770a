//! From written to resolved: places, layers, warnings, and what must never be shown.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use ottla_config::{
    AlterError, Change, Definition, Layers, ListenerName, Operation, Password, Resource, ServerConfig, Value,
    Written, validate_alter,
};
use proptest::prelude::*;

const COMBINED: &str = "process.roles=broker,controller\nnode.id=1\ncontroller.listener.names=CONTROLLER\n\
    listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
    controller.quorum.bootstrap.servers=localhost:9093\n";

fn combined(more: &str) -> Written {
    Written::from_file("server.properties", format!("{COMBINED}{more}").as_bytes()).expect("properties")
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn check_errors(file: &str, expected: Expect) {
    let errors = ServerConfig::from_properties("server.properties", file.as_bytes()).expect_err("refused");
    expected.assert_eq(&errors.to_string());
}

#[test]
fn errors_say_where_the_value_stands() {
    check_errors(
        "# a node\nnode.id=one\nprocess.roles = broker\nlog.segment.bytes : 14\nnum.io.threads=99999999999\n",
        expect![[r#"
            server.properties:2: Invalid value one for configuration node.id: Not a number of type INT
            Missing required configuration "controller.listener.names" which has no default value.
            server.properties:2: Invalid value one for configuration broker.id: Not a number of type INT
            server.properties:5: Invalid value 99999999999 for configuration num.io.threads: Not a number of type INT
            server.properties:4: Invalid value 14 for configuration log.segment.bytes: Value must be at least 1048576"#]],
    );
    check_errors(
        "node.id=\\u00zz\n",
        expect![
            "server.properties: line 1: malformed \\uxxxx encoding, four hexadecimal digits must follow \\u"
        ],
    );
    let written = combined("").with_overrides(["log.dirs=/a", "num.io.threads=x", "delete.topic.enable"]);
    let errors = ServerConfig::from_written(&written).expect_err("refused").to_string();
    expect![[r#"
        --override 2: Invalid value x for configuration num.io.threads: Not a number of type INT
        --override 3: Invalid value  for configuration delete.topic.enable: Expected value to be either true or false"#]]
    .assert_eq(&errors);
}

#[test]
fn unknown_keys_are_kept_with_a_word_about_them() {
    let config = ServerConfig::from_written(&combined(
        "log.retention.huors=5\nzookeeper.connect=h:1\nrsm.config.bucket=b\nlistener.name.plaintext.num.netwrok.threads=3\n",
    ))
    .expect("valid");
    expect![[r#"
        server.properties:9: unknown key listener.name.plaintext.num.netwrok.threads, did you mean num.network.threads?
        server.properties:6: unknown key log.retention.huors, did you mean log.retention.hours?
        server.properties:7: unknown key zookeeper.connect"#]]
    .assert_eq(&config.warnings.join("\n"));
}

#[test]
fn a_broker_is_told_what_it_ignores() {
    let file = "process.roles=broker\nnode.id=2\ncontroller.listener.names=A,B\n\
        controller.quorum.bootstrap.servers=h:1\nadvertised.listeners=PLAINTEXT://b:9092\nnum.partitions=3\n\
        broker.heartbeat.interval.ms=8000\ncreate.topic.policy.class.name=org.example.Policy\n\
        group.coordinator.rebalance.protocols=classic,consumer\n";
    let config = ServerConfig::from_properties("broker.properties", file.as_bytes()).expect("valid");
    expect![[r#"
        broker.heartbeat.interval.ms (8000 ms) should be at most half of broker.session.timeout.ms (9000 ms), or the controller fences brokers that are alive
        controller.listener.names has several entries, of which a broker uses the first only: A, B
        broker.properties:8: create.topic.policy.class.name is set on a broker but belongs to the controllers
        broker.properties:6: num.partitions is set on a broker; Kafka 5.0 will read it on the controllers only
        broker.properties:9: group.coordinator.rebalance.protocols is deprecated and goes away in Kafka 5.0, features decide instead; it disables streams"#]]
    .assert_eq(&config.warnings.join("\n"));
}

#[test]
fn passwords_are_never_shown() {
    const SECRET: &str = "tops3cret";
    let written = combined(&format!(
        "ssl.keystore.password={SECRET}\nssl.key.pasword={SECRET}\ndelegation.token.secret.key={SECRET}\n"
    ));
    let layers = Layers::new(&written);
    let config = layers.resolve().expect("valid");
    let shown = [
        format!("{written:?}"),
        format!("{layers:?}"),
        format!("{config:?}"),
        config.warnings.join("\n"),
        format!("{:?}", layers.describe_broker(&config)),
    ];
    for text in shown {
        assert!(!text.contains(SECRET), "{text}");
    }
    let password = config.keys.ssl.ssl_keystore_password.expect("set");
    assert_eq!((password.reveal(), password.to_string().as_str()), (SECRET, Password::HIDDEN));
}

#[test]
fn a_listener_overrides_keys_for_itself() {
    let config = ServerConfig::from_written(&combined(
        "max.connections=9\nlistener.name.plaintext.max.connections=7\nsasl.jaas.config=all\n\
         listener.name.plaintext.scram-sha-256.sasl.jaas.config=one\nlistener.name.controller.num.network.threads=x\n",
    ))
    .expect("valid");
    let listener = |name| ListenerName::new(name).expect("a name");
    let plaintext = config.for_listener(&listener("PLAINTEXT")).expect("valid");
    assert_eq!((plaintext.network.max_connections, config.keys.network.max_connections), (7, 9));
    let scram = config.for_mechanism(&listener("PLAINTEXT"), "SCRAM-SHA-256").expect("valid");
    assert_eq!(scram.sasl.sasl_jaas_config, Some(Password::new("one")));
    assert_eq!(plaintext.sasl.sasl_jaas_config, Some(Password::new("all")));
    let refused = config.for_listener(&listener("CONTROLLER")).expect_err("refused");
    expect!["server.properties:10: Invalid value x for configuration num.network.threads: Not a number of type INT"]
        .assert_eq(&refused.to_string());
}

#[test]
fn layers_replace_whole_families() {
    let mut layers = Layers::new(&combined("log.retention.ms=1000\nlog.roll.ms=5000\nnum.io.threads=4\n"));
    assert!(layers.set_cluster(values(&[("log.retention.ms", "2000"), ("num.io.threads", "5")])).is_empty());
    assert!(layers.set_broker(values(&[("num.io.threads", "6")])).is_empty());
    let config = layers.resolve().expect("valid");
    assert_eq!(config.log_retention_ms, Some(2000));
    assert_eq!(config.topic_defaults.segment_ms, 5000);
    assert_eq!(config.keys.general.num_io_threads, 6);

    let topic = Written::from_metadata_log([("retention.ms", "3000"), ("cleanup.policy", "compact")]);
    let topic = config.topic_config(&topic).expect("valid");
    assert_eq!((topic.retention_ms, topic.compacts(), topic.deletes()), (3000, true, false));
}

#[test]
fn dynamic_values_that_cannot_hold_are_left_out() {
    let mut layers = Layers::new(&combined(""));
    let ignored = layers.set_cluster(values(&[
        ("num.io.threads", "many"),
        ("node.id", "3"),
        ("ssl.keystore.location", "/x"),
        ("listeners", "PLAINTEXT://:1"),
        ("background.threads", "11"),
    ]));
    expect![[r#"
        listeners: can be changed for single brokers only, ignored
        node.id: cannot be changed while the node runs, ignored
        num.io.threads: the value is not valid, ignored
        ssl.keystore.location: can be changed for a listener only, by its prefix; ignored"#]]
    .assert_eq(&ignored.join("\n"));
    assert_eq!(layers.resolve().expect("valid").keys.general.background_threads, 11);
}

#[test]
fn assignment_intervals_stay_within_their_limits() {
    let mut layers = Layers::new(&combined(""));
    layers.set_cluster(values(&[("group.consumer.assignment.interval.ms", "99999")]));
    let config = layers.resolve().expect("valid");
    assert_eq!(config.keys.consumer_group.group_consumer_assignment_interval_ms, 15_000);
}

fn alter(
    resource: &Resource,
    existing: &[(&str, &str)],
    changes: &[(&str, Operation, Option<&str>)],
) -> Result<BTreeMap<String, String>, AlterError> {
    let layers = Layers::new(&combined(""));
    let current = layers.resolve().expect("valid");
    let changes: Vec<Change> = changes
        .iter()
        .map(|(name, operation, value)| Change {
            name: (*name).to_owned(),
            operation: *operation,
            value: value.map(str::to_owned),
        })
        .collect();
    validate_alter(&layers, &current, resource, &values(existing), &changes)
}

#[test]
fn lists_are_appended_to_and_subtracted_from() {
    let topic = Resource::Topic("t".to_owned());
    let policy = |text| Ok(values(&[("cleanup.policy", text)]));
    let change = |operation, value| [("cleanup.policy", operation, Some(value))];
    assert_eq!(alter(&topic, &[], &change(Operation::Append, "compact")), policy("delete,compact"));
    assert_eq!(
        alter(&topic, &[("cleanup.policy", "compact")], &change(Operation::Append, "compact")),
        policy("compact")
    );
    assert_eq!(
        alter(&topic, &[("cleanup.policy", "compact,delete")], &change(Operation::Subtract, "delete")),
        policy("compact")
    );
    assert_eq!(alter(&topic, &[], &change(Operation::Subtract, "delete")), policy(""));
    assert_eq!(
        alter(&topic, &[("cleanup.policy", "compact")], &[("cleanup.policy", Operation::Delete, None)]),
        Ok(values(&[]))
    );
    let broker = Resource::ClusterDefault;
    let kept = alter(
        &broker,
        &[("log.cleanup.policy", "compact")],
        &[("log.cleanup.policy", Operation::Append, Some("delete"))],
    );
    assert_eq!(kept, Ok(values(&[("log.cleanup.policy", "compact,delete")])));
}

#[test]
fn changes_that_make_no_sense_are_refused() {
    let topic = Resource::Topic("t".to_owned());
    let refused = |resource: &Resource, changes: &[(&str, Operation, Option<&str>)]| {
        let error = alter(resource, &[], changes).expect_err("refused");
        format!("{} {error}", error.code())
    };
    let long = "x".repeat(40_000);
    let answers = [
        refused(&topic, &[("retention.ms", Operation::Append, Some("1"))]),
        refused(&topic, &[("retention.ms", Operation::Set, None), ("segment.ms", Operation::Append, None)]),
        refused(
            &topic,
            &[("retention.ms", Operation::Set, Some("1")), ("retention.ms", Operation::Delete, None)],
        ),
        refused(&topic, &[("leader.replication.throttled.replicas", Operation::Set, Some(&long))]),
        refused(&Resource::Topic(String::new()), &[("retention.ms", Operation::Set, Some("1"))]),
        refused(&Resource::Group(String::new()), &[]),
        refused(&Resource::ClientMetrics("m".to_owned()), &[("metrics", Operation::Append, Some("a"))]),
        refused(&Resource::Broker(7), &[]),
        refused(&Resource::Broker(1), &[("no.such.key", Operation::Append, Some("1"))]),
        refused(&Resource::Broker(1), &[("num.io.threads", Operation::Subtract, Some("1"))]),
    ];
    expect![[r#"
        40 Can't APPEND to key retention.ms because its type is not LIST.
        42 Null value not supported for : retention.ms, segment.ms
        42 Error due to duplicate config keys
        40 The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.
        42 Default topic resources are not allowed.
        42 Default group resources are not allowed.
        40 Can't APPEND to key metrics because its type is not LIST.
        42 Unexpected broker id, expected 1, but received 7
        40 Unknown config name: no.such.key
        40 Config value subtract is not allowed for config key: num.io.threads"#]]
    .assert_eq(&answers.join("\n"));
}

#[test]
fn documentation_is_there_for_every_key() {
    let definitions = [
        Definition::BROKER,
        Definition::BROKER_DYNAMIC_ONLY,
        Definition::TOPIC,
        Definition::GROUP,
        Definition::CLIENT_METRICS,
        Definition::USER,
        Definition::IP_QUOTA,
        Definition::REMOTE_LOG_METADATA,
    ];
    for key in definitions.into_iter().flat_map(|definition| definition.keys()) {
        let text = key.documentation_text();
        assert!(text.ends_with('.') && text.len() > 15, "{}: {text}", key.name);
        assert!(
            key.default_value()
                .is_none_or(|value| key.parse(&value.text()).is_ok() || matches!(value, Value::List(_))),
            "{}",
            key.name
        );
        for synonym in key.synonyms {
            assert!(Definition::BROKER.key(synonym).is_some(), "{synonym} of {}", key.name);
        }
    }
}

proptest! {
    /// Whatever stands in a file: an answer, never a panic.
    #[test]
    fn any_values_are_resolved_or_refused(
        index in any::<prop::sample::Index>(),
        text in "[ -~]{0,20}|[0-9:,@/.*-]{0,20}|-?[0-9]{1,20}",
    ) {
        let keys: Vec<_> = Definition::BROKER.keys().collect();
        let mut written = combined("");
        let key = index.get(&keys);
        written.set(key.name, text.as_str(), ottla_config::Origin::MetadataLog);
        if let Ok(config) = ServerConfig::from_written(&written) {
            let layers = Layers::new(&written);
            prop_assert!(layers.describe_broker(&config).len() > 300);
        }
    }

    #[test]
    fn any_topic_is_accepted_or_refused(
        index in any::<prop::sample::Index>(),
        text in "[ -~]{0,20}|-?[0-9]{1,20}",
    ) {
        let keys: Vec<_> = Definition::TOPIC.keys().collect();
        let change = [(index.get(&keys).name, Operation::Set, Some(text.as_str()))];
        if let Ok(altered) = alter(&Resource::Topic("t".to_owned()), &[], &change) {
            prop_assert_eq!(altered.len(), 1);
        }
    }
}
