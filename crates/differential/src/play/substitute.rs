//! Names and kept values in the place of what stands for them.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value;

use crate::cases::batches;

/// The name of what stands for a batch of a transactional producer, given by `producer`, `epoch` and `sequence`.
const TRANSACTIONAL: &str = "$transactional";

/// `body` with `suffix` in place of each `@`, and what was kept in place of each text that is `$` and a name.
pub(super) fn substitute(
    body: &Value,
    suffix: &str,
    kept: &BTreeMap<String, Value>,
) -> anyhow::Result<Value> {
    Ok(match body {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => kept.get(name).with_context(|| format!("nothing is kept as {name}"))?.clone(),
            None => Value::String(text.replace('@', suffix)),
        },
        Value::Array(values) => {
            values.iter().map(|value| substitute(value, suffix, kept)).collect::<anyhow::Result<_>>()?
        }
        Value::Object(fields) if fields.contains_key(TRANSACTIONAL) => {
            let of = |name: &str| {
                let value = substitute(&fields[TRANSACTIONAL][name], suffix, kept)?;
                value.as_i64().with_context(|| format!("{name} is no number: {value}"))
            };
            let (epoch, sequence) = (i16::try_from(of("epoch")?)?, i32::try_from(of("sequence")?)?);
            batches::transactional(of("producer")?, epoch, sequence)?
        }
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(name, value)| Ok((name.clone(), substitute(value, suffix, kept)?)));
            Value::Object(fields.collect::<anyhow::Result<_>>()?)
        }
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_get_the_suffix_and_kept_values_their_place() {
        let kept = BTreeMap::from([("epoch".to_owned(), json!(5))]);
        let body = json!({"topics": [{"name": "t@"}], "epoch": "$epoch", "n": 1});
        let said = substitute(&body, "-3", &kept).unwrap();
        assert_eq!(said, json!({"topics": [{"name": "t-3"}], "epoch": 5, "n": 1}));
    }

    #[test]
    fn a_batch_is_made_of_each_nodes_own_producer() {
        let batch_of = |producer: i64| {
            let kept = BTreeMap::from([("p".to_owned(), json!(producer))]);
            let batch = json!({"$transactional": {"producer": "$p", "epoch": 1, "sequence": 0}});
            substitute(&batch, "", &kept).unwrap()
        };
        assert!(batch_of(5).is_string());
        assert_ne!(batch_of(5), batch_of(6));
    }

    #[test]
    fn what_nobody_kept_is_a_mistake() {
        let error = substitute(&json!("$nothing"), "", &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "nothing is kept as nothing");
    }
}
