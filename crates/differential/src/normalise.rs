//! What differs between any two nodes, taken out of their answers: ids that a node draws, the time of day, ports and
//! directories. What is left must be equal.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use ottla_wire::api::ApiKey;
use serde_json::{Value, json};

/// Times of day this near to now are taken for now.
const NOW_MS: i64 = 24 * 3600 * 1000;

/// Fields that hold text for people: that there is one is compared, what it says is not.
const TEXTS: &[&str] = &["errorMessage", "documentation", "configDocumentation", "batchIndexErrorMessage"];

/// Numbers that a node counts or draws by itself, when they are not below one.
const NUMBERS: &[&str] = &["producerId", "sessionId", "totalBytes", "usableBytes", "finalizedFeaturesEpoch"];

/// Fields of one API that hold such numbers: the metadata log grows by itself, and directories have what no answer tells.
const NUMBERS_OF: &[(ApiKey, &str)] = &[
    (ApiKey::DescribeQuorum, "highWatermark"),
    (ApiKey::DescribeQuorum, "logEndOffset"),
    (ApiKey::DescribeLogDirs, "partitionSize"),
];

/// Numbers in the order of a hash table.
const SETS: &[(ApiKey, &str)] = &[(ApiKey::DescribeTransactions, "partitions")];

/// What belongs to one node alone.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    /// Text that stands for the node, and what is put in its place.
    pub(crate) texts: Vec<(String, &'static str)>,
    /// The port of its clients, and that of its controller, where they stand alone.
    pub(crate) ports: [u16; 2],
}

/// Makes answers of one node comparable.
#[derive(Debug)]
pub(crate) struct Normaliser<'a> {
    pub(crate) own: &'a Own,
    /// The API that is answered.
    pub(crate) api: ApiKey,
    /// What the script has kept of this node's answers, by name.
    pub(crate) kept: &'a BTreeMap<String, Value>,
    /// Milliseconds since 1970.
    pub(crate) now_ms: i64,
    /// Compare what texts say, too.
    pub(crate) with_texts: bool,
}

impl Normaliser<'_> {
    pub(crate) fn apply(&self, value: &mut Value) {
        self.walk("", value);
    }

    fn walk(&self, field: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.walk(name, value);
                }
            }
            Value::Array(values) => {
                values.iter_mut().for_each(|value| self.walk(field, value));
                let is_set = SETS.contains(&(self.api, field));
                if is_set || values.first().is_some_and(Value::is_object) && field != "records" {
                    values.sort_by_cached_key(Value::to_string);
                }
            }
            Value::Number(number) => {
                if let Some(number) = number.as_i64() {
                    *value = self.number(field, number);
                }
            }
            Value::String(text) => *value = json!(self.text(field, text)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn number(&self, field: &str, number: i64) -> Value {
        let kept = self.kept.iter().find(|(_, kept)| number > 0 && kept.as_i64() == Some(number));
        match (field, kept) {
            _ if field == "port" && number == i64::from(self.own.ports[0]) => json!("<port>"),
            _ if field == "port" && number == i64::from(self.own.ports[1]) => json!("<controller port>"),
            _ if NUMBERS.contains(&field) || NUMBERS_OF.contains(&(self.api, field)) => match kept {
                Some((name, _)) => json!(format!("<{name}>")),
                None if number >= 0 && field != "sessionId" || number > 0 => json!(format!("<{field}>")),
                None => json!(number),
            },
            _ if (number - self.now_ms).abs() < NOW_MS => json!("<now>"),
            _ => json!(number),
        }
    }

    fn text(&self, field: &str, text: &str) -> String {
        if TEXTS.contains(&field) && !self.with_texts && !text.is_empty() {
            return "<text>".to_owned();
        }
        let mut text = text.to_owned();
        for (name, kept) in self.kept {
            if let Some(kept) = kept.as_str().filter(|kept| kept.len() > 8) {
                text = text.replace(kept, &format!("<{name}>"));
            }
        }
        for (own, instead) in &self.own.texts {
            text = text.replace(own, instead);
        }
        if (field == "topicId" || field.ends_with("DirectoryId"))
            && text.len() == 22
            && text != "AAAAAAAAAAAAAAAAAAAAAA"
        {
            return "<id>".to_owned();
        }
        without_uuids(&text)
    }
}

/// Puts one word in place of each id as Java writes them.
fn without_uuids(text: &str) -> String {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_uuid = |candidate: &str| {
        let groups: Vec<&str> = candidate.split('-').collect();
        groups.iter().map(|group| group.len()).eq(GROUPS)
            && candidate.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    };
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some(next) = rest.chars().next() {
        match rest.get(..36) {
            Some(candidate) if is_uuid(candidate) => {
                out.push_str("<uuid>");
                rest = &rest[36..];
            }
            _ => {
                out.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    out
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_764_000_000_000;

    fn normalised(mut value: Value) -> Value {
        let own = Own { texts: vec![("/tmp/a".to_owned(), "<dir>")], ports: [20_001, 20_002] };
        let kept = BTreeMap::from([
            ("member".to_owned(), json!("differential-0f8fad5b-d9cb-469f-a165-70867728950e")),
            ("producer".to_owned(), json!(17)),
        ]);
        Normaliser { own: &own, api: ApiKey::Fetch, kept: &kept, now_ms: NOW, with_texts: false }
            .apply(&mut value);
        value
    }

    #[test]
    fn ids_that_a_script_has_kept_bear_its_names() {
        let value = json!({"leader": "differential-0f8fad5b-d9cb-469f-a165-70867728950e", "producerId": 17});
        assert_eq!(normalised(value), json!({"leader": "<member>", "producerId": "<producer>"}));
    }

    #[test]
    fn other_ids_are_only_ids() {
        let value =
            json!({"memberId": "x-0f8fad5b-d9cb-469f-a165-70867728950f", "producerId": 18, "offset": 18});
        assert_eq!(
            normalised(value),
            json!({"memberId": "x-<uuid>", "producerId": "<producerId>", "offset": 18})
        );
    }

    #[test]
    fn what_is_nobodys_id_stays() {
        let value =
            json!({"producerId": -1, "sessionId": 0, "topicId": "AAAAAAAAAAAAAAAAAAAAAA", "memberId": ""});
        assert_eq!(normalised(value.clone()), value);
    }

    #[test]
    fn times_of_day_are_now_and_others_stay() {
        let value =
            json!({"a": NOW - 5000, "b": 1_700_000_000_000_i64, "port": 20_001, "logDir": "/tmp/a/b"});
        assert_eq!(
            normalised(value),
            json!({"a": "<now>", "b": 1_700_000_000_000_i64, "port": "<port>", "logDir": "<dir>/b"})
        );
    }

    #[test]
    fn texts_are_there_or_not() {
        let value = json!([{"errorMessage": "b"}, {"errorMessage": ""}, {"errorMessage": null}]);
        assert_eq!(
            normalised(value),
            json!([{"errorMessage": ""}, {"errorMessage": "<text>"}, {"errorMessage": null}])
        );
    }

    #[test]
    fn the_order_of_a_hash_table_is_nobodys_promise() {
        assert_eq!(normalised(json!([{"name": "b"}, {"name": "a"}])), json!([{"name": "a"}, {"name": "b"}]));
        assert_eq!(normalised(json!([2, 1])), json!([2, 1]));
    }
}
