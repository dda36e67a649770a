//! Facts of Kafka 4.3.1, printed by its own classes, against ours.

use std::collections::BTreeMap;

use ottla_config::{
    AlterError, Change, Definition, Endpoint, Key, Layers, Operation, Origin, Resource, ServerConfig,
    TopicConfig, Value, Written, validate_alter,
};
use serde_json::{Map, Value as Json};

fn lines(text: &str) -> impl Iterator<Item = Json> + '_ {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON"))
}

fn written(values: &Json) -> Written {
    let mut written = Written::default();
    for (line, (name, text)) in object(values).iter().enumerate() {
        let origin = Origin::File { name: "server.properties".to_owned(), line: line + 1 };
        written.set(name, text.as_str().expect("text"), origin);
    }
    written
}

fn object(json: &Json) -> &Map<String, Json> {
    json.as_object().expect("an object")
}

fn map(values: &Json) -> BTreeMap<String, String> {
    let entry = |(name, text): (&String, &Json)| (name.clone(), text.as_str().expect("text").to_owned());
    object(values).iter().map(entry).collect()
}

fn text(value: Option<Value>) -> Json {
    match value {
        None => Json::Null,
        Some(Value::Password(password)) => Json::from(password.reveal()),
        Some(value) => Json::from(value.text()),
    }
}

const SCOPES: &[(&str, Definition)] = &[
    ("broker", Definition::BROKER),
    ("broker-quota", Definition::BROKER_DYNAMIC_ONLY),
    ("topic", Definition::TOPIC),
    ("group", Definition::GROUP),
    ("client-metrics", Definition::CLIENT_METRICS),
    ("user-quota", Definition::CLIENT_QUOTA),
    ("ip-quota", Definition::IP_QUOTA),
    ("scram-quota", Definition::USER),
    ("remote-log-metadata", Definition::REMOTE_LOG_METADATA),
];

/// One line of `keys.tsv`: type, default, validator, importance, internal, update mode.
fn facts(key: &Key, has_mode: bool) -> [String; 5] {
    let default = match (key.default, key.default_value()) {
        (ottla_config::Default::Required, _) => "<required>".to_owned(),
        (_, None) => "<null>".to_owned(),
        (_, Some(value)) => format!("={}", value.text()),
    };
    let mode = if has_mode { key.update_mode.name() } else { "" };
    let importance = key.importance.name().to_uppercase();
    let internal = if key.internal { "internal" } else { "" };
    [key.value_type.name().to_owned(), default, importance, internal.to_owned(), mode.to_owned()]
}

#[test]
fn every_key_is_declared_as_in_kafka() {
    let mut expected: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for line in include_str!("fixtures/keys.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        expected.insert((fields[0], fields[1]), fields[2..].to_vec());
    }
    let of_kafka = |key: &&Key| !key.name.starts_with("ottla.");
    let declared: usize =
        SCOPES.iter().map(|(_, definition)| definition.keys().filter(of_kafka).count()).sum();
    assert_eq!(declared, expected.len());
    for (scope, definition) in SCOPES {
        for key in definition.keys().filter(of_kafka) {
            let facts_expected =
                expected.get(&(*scope, key.name)).unwrap_or_else(|| panic!("{} is new", key.name));
            let [value_type, default, validator, importance, internal, mode] = facts_expected[..] else {
                panic!("six facts of {}", key.name)
            };
            let has_mode = scope.starts_with("broker");
            assert_eq!(
                facts(key, has_mode),
                [value_type, default, importance, internal, mode],
                "{}",
                key.name
            );
            let shown = validator.split('|').nth(1).unwrap_or_default();
            assert_eq!(key.validator.to_string(), shown, "{}", key.name);
        }
    }
}

/// Each kind of type and validator with many texts: the value or the error is Kafka's.
#[test]
fn values_are_read_as_in_kafka() {
    let mut wrong = Vec::new();
    for case in lines(include_str!("fixtures/values.jsonl")) {
        let scope = case["scope"].as_str().expect("text");
        let definition = SCOPES.iter().find(|(name, _)| *name == scope).expect("a scope").1;
        let key = definition.key(case["key"].as_str().expect("text")).expect("declared");
        let accepted = object(&case["accepted"]).iter().map(|(text, value)| (text, Ok(value.clone())));
        let refused = object(&case["refused"]).iter().map(|(text, error)| (text, Err(error.clone())));
        for (written, expected) in accepted.chain(refused) {
            let read = key.parse(written).map(|value| text(Some(value))).map_err(Json::from);
            if read != expected {
                wrong.push(format!("{} = {written:?}: {read:?}, not {expected:?}", key.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are not as in Kafka:\n{}", wrong.len(), wrong.join("\n"));
}

fn endpoints<'a>(endpoints: impl IntoIterator<Item = &'a Endpoint>) -> String {
    let shown: Vec<String> = endpoints
        .into_iter()
        .map(|e| {
            let host = e.host.as_deref().unwrap_or("null");
            format!("{}|{}|{host}|{}", e.listener, e.security_protocol.name(), e.port)
        })
        .collect();
    format!("[{}]", shown.join(", "))
}

fn list<T: ToString>(elements: impl IntoIterator<Item = T>) -> String {
    let shown: Vec<String> = elements.into_iter().map(|element| element.to_string()).collect();
    format!("[{}]", shown.join(", "))
}

/// What Kafka's own class says of the same configuration.
fn server_facts(config: &ServerConfig) -> BTreeMap<&'static str, String> {
    let listeners = &config.listeners;
    let protocols: Vec<String> = listeners
        .security_protocols
        .iter()
        .map(|(name, protocol)| format!("{name}={}", protocol.name()))
        .collect();
    BTreeMap::from([
        ("listeners", endpoints(&listeners.listeners)),
        ("controller_listeners", endpoints(listeners.controller_listeners())),
        ("advertised_broker", endpoints(&listeners.advertised_broker)),
        ("advertised_controller", endpoints(&listeners.advertised_controller)),
        (
            "inter_broker",
            format!(
                "{}|{}",
                listeners.inter_broker_listener,
                listeners.inter_broker_security_protocol.name()
            ),
        ),
        ("early_start", list(&listeners.early_start)),
        ("protocols", format!("{{{}}}", protocols.join(", "))),
        ("node_id", config.node_id.to_string()),
        ("log_dirs", list(&config.log_dirs)),
        ("metadata_log_dir", config.metadata_log_dir.clone()),
        ("retention", config.log_retention_ms.unwrap_or(-1).to_string()),
        ("cordoned", list(&config.cordoned_log_dirs)),
        ("follower_threads", config.remote_log_manager_follower_threads.to_string()),
    ])
}

#[test]
fn nodes_are_resolved_and_refused_as_in_kafka() {
    let mut wrong = Vec::new();
    for case in lines(include_str!("fixtures/server.jsonl")) {
        let resolved = ServerConfig::from_written(&written(&case["written"]));
        match case["error"].as_str() {
            Some(error) => {
                let errors = resolved.map(|_| "a configuration").expect_err(&case.to_string());
                // Of several, Kafka reports the one that its hash map happens to hold first.
                let found = errors.0.iter().any(|found| found.message == error);
                if !found {
                    wrong.push(format!("{errors}\n  {error}\n  {case}"));
                }
            }
            None => {
                let Ok(config) = resolved.map_err(|errors| wrong.push(format!("{errors}\n  {case}"))) else {
                    continue;
                };
                let expected = object(&case["facts"]);
                for (name, fact) in server_facts(&config) {
                    assert_eq!(Some(fact.as_str()), expected[name].as_str(), "{name} of {case}");
                }
                let topic: Json =
                    serde_json::from_str(expected["topic"].as_str().expect("text")).expect("JSON");
                assert_eq!(&config.topic_defaults, &topic_config(&topic), "{case}");
            }
        }
    }
    assert!(wrong.is_empty(), "{} are not refused as in Kafka:\n{}", wrong.len(), wrong.join("\n"));
}

/// A topic's configuration from the text of each of its values.
fn topic_config(values: &Json) -> TopicConfig {
    let mut written = Written::default();
    for (name, text) in object(values) {
        if let Some(text) = text.as_str() {
            written.set(name, text, Origin::MetadataLog);
        }
    }
    TopicConfig::resolve(&Definition::TOPIC.parse(&written).expect("valid"))
}

#[test]
fn alterations_are_accepted_and_refused_as_in_kafka() {
    let mut wrong = Vec::new();
    for case in lines(include_str!("fixtures/alter.jsonl")) {
        let file = written(&case["file"]);
        let layers = Layers::new(&file);
        let current = layers.resolve().expect("valid");
        let resource = match case["kind"].as_str().expect("text") {
            "topic" => Resource::Topic("t".to_owned()),
            "group" => Resource::Group("g".to_owned()),
            "client-metrics" => Resource::ClientMetrics("s".to_owned()),
            "broker" => Resource::Broker(1),
            _ => Resource::ClusterDefault,
        };
        let (existing, wanted) = (map(&case["existing"]), map(&case["wanted"]));
        let mut changes: Vec<Change> = wanted
            .iter()
            .map(|(name, text)| Change {
                name: name.clone(),
                operation: Operation::Set,
                value: Some(text.clone()),
            })
            .collect();
        for name in existing.keys().filter(|name| !wanted.contains_key(*name)) {
            changes.push(Change { name: name.clone(), operation: Operation::Delete, value: None });
        }
        let outcome = validate_alter(&layers, &current, &resource, &existing, &changes);
        match case["error"].as_str() {
            None if outcome == Ok(wanted) => {}
            None => wrong.push(format!("{outcome:?}: {case}")),
            Some(message) => {
                let Err(error) = outcome else {
                    wrong.push(format!("accepted: {case}"));
                    continue;
                };
                if error.to_string() != message {
                    wrong.push(format!("{error}\n  {message}\n  {}", case["wanted"]));
                }
                let is_of_a_broker = matches!(resource, Resource::Broker(_) | Resource::ClusterDefault);
                let is_request = is_of_a_broker || case["class"] == "InvalidRequestException";
                assert_eq!(matches!(error, AlterError::InvalidRequest(_)), is_request, "{case}");
            }
        }
    }
    assert!(wrong.is_empty(), "{} are not as in Kafka:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn descriptions_are_those_of_kafka() {
    let mut wrong = Vec::new();
    for case in lines(include_str!("fixtures/describe.jsonl")) {
        let mut layers = Layers::new(&written(&case["file"]));
        layers.set_cluster(map(&case["cluster"]));
        layers.set_broker(map(&case["broker"]));
        let config = layers.resolve().expect("valid");
        let overrides = Written::from_metadata_log(map(&case["overrides"]));
        let entries = match case["kind"].as_str().expect("text") {
            "topic" => layers.describe_topic(&config, &overrides),
            "group" => layers.describe_group(&config, &overrides),
            "client-metrics" => layers.describe_client_metrics(&overrides),
            "cluster" => layers.describe_cluster(),
            _ => layers.describe_broker(&config),
        };
        let described: BTreeMap<&str, Json> = entries
            .iter()
            .map(|entry| {
                let synonyms: Vec<String> = entry
                    .synonyms
                    .iter()
                    .map(|s| {
                        format!("{}={}@{}", s.name, s.value.as_deref().unwrap_or("null"), s.source as i8)
                    })
                    .collect();
                let json = serde_json::json!({
                    "name": entry.name,
                    "value": entry.value,
                    "source": entry.source as i8,
                    "sensitive": entry.is_sensitive,
                    "read_only": entry.read_only,
                    "type": entry.value_type.map_or(0, ottla_config::Type::id),
                    "synonyms": synonyms,
                });
                (entry.name.as_str(), json)
            })
            .collect();
        for expected in case["entries"].as_array().expect("entries") {
            let name = expected["name"].as_str().expect("text");
            if described.get(name) != Some(expected) {
                wrong.push(format!("{} {name}: {:?}\n  {expected}", case["kind"], described.get(name)));
            }
        }
        let all_expected = case["entries"].as_array().expect("entries").len();
        let asked_for_all = !case["file"].as_object().expect("an object").contains_key("my.own.key");
        if asked_for_all && all_expected != described.len() {
            wrong.push(format!("{}: {} entries, not {all_expected}", case["kind"], described.len()));
        }
    }
    assert!(wrong.is_empty(), "{} are not as in Kafka:\n{}", wrong.len(), wrong.join("\n"));
}
