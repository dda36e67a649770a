//! Two trees, field by field.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::answer::Answer;

/// Where two answers part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The field, as in `/topics/0/errorCode`; empty for the whole answer.
    pub(crate) path: String,
    /// What Apache Kafka said.
    pub(crate) kafka: String,
    /// What the other said.
    pub(crate) other: String,
}

impl Difference {
    pub(crate) fn new(path: &str, kafka: impl ToString, other: impl ToString) -> Self {
        Self { path: path.to_owned(), kafka: shorten(kafka.to_string()), other: shorten(other.to_string()) }
    }
}

/// All differences of two answers that are already normalised.
pub(crate) fn answers(kafka: &Answer, other: &Answer) -> Vec<Difference> {
    let mut found = Vec::new();
    match (kafka, other) {
        (Answer::Body(kafka), Answer::Body(other)) => values("", kafka, other, &mut found),
        (kafka, other) if kafka == other => {}
        (kafka, other) => found.push(Difference::new("", kafka, other)),
    }
    found
}

fn values(path: &str, kafka: &Value, other: &Value, found: &mut Vec<Difference>) {
    match (kafka, other) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for name in names {
                let path = format!("{path}/{name}");
                match (a.get(name), b.get(name)) {
                    (Some(kafka), Some(other)) => values(&path, kafka, other, found),
                    (Some(kafka), None) => found.push(Difference::new(&path, kafka, "absent")),
                    (None, Some(other)) => found.push(Difference::new(&path, "absent", other)),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(a), Value::Array(b)) => arrays(path, a, b, found),
        (kafka, other) if kafka == other => {}
        (kafka, other) => found.push(Difference::new(path, kafka, other)),
    }
}

/// Elements with a name are held beside the one of the same name, others beside the one at the same place.
fn arrays(path: &str, kafka: &[Value], other: &[Value], found: &mut Vec<Difference>) {
    if let (Some(by_kafka), Some(by_other)) = (names(kafka), names(other)) {
        let all: BTreeSet<&String> = by_kafka.iter().chain(&by_other).collect();
        for name in all {
            let find = |names: &[String]| names.iter().position(|candidate| candidate == name);
            let path = format!("{path}/{name}");
            match (find(&by_kafka), find(&by_other)) {
                (Some(a), Some(b)) => values(&path, &kafka[a], &other[b], found),
                (Some(a), None) => found.push(Difference::new(&path, &kafka[a], "absent")),
                (None, Some(b)) => found.push(Difference::new(&path, "absent", &other[b])),
                (None, None) => {}
            }
        }
        return;
    }
    if kafka.len() != other.len() {
        let show = |values: &[Value]| format!("{} of {}", values.len(), Value::Array(values.to_vec()));
        found.push(Difference::new(path, show(kafka), show(other)));
        return;
    }
    for (index, (kafka, other)) in kafka.iter().zip(other).enumerate() {
        values(&format!("{path}/{index}"), kafka, other, found);
    }
}

/// The names of elements that all have one of their own: those by which a difference is worth telling.
fn names(values: &[Value]) -> Option<Vec<String>> {
    let name_of = |value: &Value| {
        let name = ["name", "apiKey", "resourceName", "groupId"].iter().find_map(|key| value.get(key))?;
        Some(name.as_str().map_or_else(|| name.to_string(), str::to_owned)).filter(|name| !name.contains('/'))
    };
    let names: Vec<String> = values.iter().map(name_of).collect::<Option<_>>()?;
    let distinct: BTreeSet<&String> = names.iter().collect();
    (distinct.len() == names.len()).then_some(names)
}

/// Enough of a value to recognise it.
fn shorten(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(160) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(kafka: Value, other: Value) -> Vec<(String, String, String)> {
        answers(&Answer::Body(kafka), &Answer::Body(other))
            .into_iter()
            .map(|Difference { path, kafka, other }| (path, kafka, other))
            .collect()
    }

    fn of(path: &str, kafka: &str, other: &str) -> (String, String, String) {
        (path.to_owned(), kafka.to_owned(), other.to_owned())
    }

    #[test]
    fn equal_trees_do_not_differ() {
        let tree = json!({"topics": [{"name": "t", "partitions": [{"errorCode": 0}]}]});
        assert_eq!(found(tree.clone(), tree), []);
    }

    #[test]
    fn a_field_is_told_by_its_path() {
        let tree = |code| json!({"topics": [{"partitions": [{"errorCode": code}]}]});
        assert_eq!(found(tree(0), tree(3)), [of("/topics/0/partitions/0/errorCode", "0", "3")]);
    }

    #[test]
    fn named_elements_are_held_beside_each_other() {
        let one = json!([{"name": "a", "v": 1}, {"name": "b", "v": 1}]);
        let two = json!([{"name": "b", "v": 2}]);
        assert_eq!(found(one, two), [of("/a", r#"{"name":"a","v":1}"#, "absent"), of("/b/v", "1", "2")]);
    }

    #[test]
    fn lengths_differ_as_a_whole() {
        assert_eq!(found(json!([1]), json!([])), [of("", "1 of [1]", "0 of []")]);
    }

    #[test]
    fn a_closed_connection_is_an_answer() {
        assert_eq!(answers(&Answer::Closed, &Answer::Closed), []);
        assert_eq!(answers(&Answer::Closed, &Answer::Silence), [Difference::new("", "closed", "silence")]);
    }
}
