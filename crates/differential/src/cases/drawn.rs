//! Requests drawn from a seed: of any shape, made of what is there and what is not; and those of scripts, altered.

use ottla_wire::api::ApiKey;
use ottla_wire::schema::{Field, StructSchema, Type};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::explained::{ALTERED, DRAWN};
use crate::play::{Play, Stage};
use crate::report::Finding;
use crate::request::{self, default};

/// How long silence is waited for: what is altered may well ask a node to wait.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Which requests may do harm to the node, or to what later requests stand on.
const NEVER: &[ApiKey] = &[ApiKey::UnregisterBroker, ApiKey::UpdateFeatures];

/// Asks what `seed` says for this case.
pub(crate) fn play(
    stage: &mut Stage<'_>,
    wanted: &[ApiKey],
    seed: u64,
    case: u64,
    number: usize,
) -> anyhow::Result<Vec<Finding>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let served: Vec<ApiKey> = wanted
        .iter()
        .copied()
        .filter(|api| !NEVER.contains(api) && stage.duo.versions(*api).is_some())
        .collect();
    let Some(api) = pick(&mut random, &served).copied() else { return Ok(Vec::new()) };
    if random.random_bool(0.5) {
        altered(stage, &mut random, api, number)
    } else {
        made(stage, &mut random, api, number)
    }
}

fn pick<'v, T>(random: &mut impl Rng, values: &'v [T]) -> Option<&'v T> {
    (!values.is_empty()).then(|| &values[random.random_range(0..values.len())])
}

/// A request of a script, with some bytes other than they were.
fn altered(
    stage: &mut Stage<'_>,
    random: &mut ChaCha8Rng,
    api: ApiKey,
    number: usize,
) -> anyhow::Result<Vec<Finding>> {
    let samples: Vec<_> = stage.samples.iter().filter(|sample| sample.api == api).cloned().collect();
    let Some(sample) = pick(random, &samples) else { return Ok(Vec::new()) };
    let mut body = sample.body.to_vec();
    alter(random, &mut body);
    let mut play = Play::new(stage, ALTERED, (api, sample.version), number);
    play.patience = PATIENCE;
    play.ask_bytes(api, sample.version, &body)?;
    Ok(play.findings)
}

fn alter(random: &mut ChaCha8Rng, body: &mut Vec<u8>) {
    if body.is_empty() {
        return;
    }
    let at = random.random_range(0..body.len());
    match random.random_range(0..5) {
        0 => body[at] ^= 1 << random.random_range(0..8),
        1 => body[at] = random.random(),
        2 => body.truncate(at),
        3 => body.insert(at, random.random()),
        _ => drop(body.remove(at)),
    }
}

/// A request of any shape.
fn made(
    stage: &mut Stage<'_>,
    random: &mut ChaCha8Rng,
    api: ApiKey,
    number: usize,
) -> anyhow::Result<Vec<Finding>> {
    let (Some(versions), Some(definition)) = (stage.duo.versions(api), api.api()) else {
        return Ok(Vec::new());
    };
    let version = random.random_range(versions.first..=versions.last);
    let body = fields(random, definition.request.root, version);
    let mut play = Play::new(stage, DRAWN, (api, version), number);
    play.patience = PATIENCE;
    play.ask(api, body)?;
    Ok(play.findings)
}

fn fields(random: &mut ChaCha8Rng, schema: &StructSchema, version: i16) -> Value {
    let fields = schema.fields.iter().filter(|field| field.versions.contains(version));
    Value::Object(
        fields
            .map(|field| (field.name.to_owned(), self::field(random, field, version)))
            .collect::<Map<_, _>>(),
    )
}

fn field(random: &mut ChaCha8Rng, field: &Field, version: i16) -> Value {
    // Records that are null are a script of their own: Kafka never answers them.
    if field.nullable.contains(version) && field.name != "records" && random.random_bool(0.2) {
        return Value::Null;
    }
    match field.name {
        // How long a node waits, and how much work it is given, is not left to chance.
        "timeoutMs" => json!(5000),
        name if name.ends_with("Ms") => json!(random.random_range(0..20)),
        "minBytes" => json!(0),
        "maxBytes" | "partitionMaxBytes" => json!(random.random_range(0..1000)),
        "allowAutoTopicCreation" => json!(false),
        "isolationLevel" => json!(random.random_range(0..2)),
        "acks" => json!([1, -1, 2][random.random_range(0..3)]),
        "numPartitions" | "count" => json!(random.random_range(-1..4)),
        _ if random.random_bool(0.3) => default(field, version),
        _ => value(random, field.ty, version),
    }
}

fn value(random: &mut ChaCha8Rng, ty: Type, version: i16) -> Value {
    const NUMBERS: [i64; 9] = [-1, 0, 0, 1, 1, 2, 5, i64::MAX, i64::MIN];
    const TEXTS: [&str; 10] = [
        "",
        "drawn",
        "drawn@",
        "a b",
        "größe",
        "1",
        "__cluster_metadata",
        "retention.ms",
        "consumer",
        "range",
    ];
    let number = NUMBERS[random.random_range(0..NUMBERS.len())];
    match ty {
        Type::Bool => json!(random.random_bool(0.5)),
        Type::Int8 => json!(number.clamp(i8::MIN.into(), i8::MAX.into())),
        Type::Int16 => json!(number.clamp(i16::MIN.into(), i16::MAX.into())),
        Type::Int32 => json!(number.clamp(i32::MIN.into(), i32::MAX.into())),
        Type::Int64 => json!(number),
        Type::String => json!(TEXTS[random.random_range(0..TEXTS.len())]),
        Type::Struct(schema) => fields(random, schema, version),
        Type::Array(element) => {
            let len = random.random_range(0..3);
            (0..len).map(|_| value(random, *element, version)).collect()
        }
        other => request::zero(other, version),
    }
}

#[cfg(test)]
mod tests {
    use ottla_wire::api::APIS;

    use super::*;

    #[test]
    fn whatever_is_drawn_can_be_written() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for api in APIS {
            for version in api.request.valid.iter() {
                let body = fields(&mut random, api.request.root, version);
                request::encode(api.key, version, 1, &body).unwrap();
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = || {
            let mut random = ChaCha8Rng::seed_from_u64(5);
            let mut body = b"a body".to_vec();
            alter(&mut random, &mut body);
            (body, fields(&mut random, ApiKey::Fetch.api().unwrap().request.root, 4))
        };
        assert_eq!(draw(), draw());
    }
}
