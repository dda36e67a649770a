//! Keys of the producer.

use super::key::Key;

/// The keys that only the producer has, and those whose default is another one.
pub(crate) const KEYS: &[Key] = &[
    Key::one_of("acks", "all", &["all", "-1", "0", "1"]),
    Key::int("batch.size", "16384").at_least(0),
    Key::long("buffer.memory", "33554432").at_least(0),
    Key::int("compression.gzip.level", "-1"),
    Key::int("compression.lz4.level", "9").between(1, 17),
    Key::one_of("compression.type", "none", &["none", "gzip", "snappy", "lz4", "zstd"]),
    Key::int("compression.zstd.level", "3").between(-131_072, 22),
    Key::int("delivery.timeout.ms", "120000").at_least(0),
    Key::boolean("enable.idempotence", "true"),
    Key::long("linger.ms", "5").at_least(0),
    Key::long("max.block.ms", "60000").at_least(0),
    Key::int("max.in.flight.requests.per.connection", "5").at_least(1),
    Key::int("max.request.size", "1048576").at_least(0),
    Key::long("metadata.max.idle.ms", "300000").at_least(5000),
    Key::boolean("partitioner.adaptive.partitioning.enable", "true"),
    Key::long("partitioner.availability.timeout.ms", "0").at_least(0),
    Key::text("partitioner.class", None),
    Key::boolean("partitioner.ignore.keys", "false"),
    Key::int("receive.buffer.bytes", "32768").at_least(-1),
    Key::int("retries", "2147483647").at_least(0),
    Key::int("transaction.timeout.ms", "60000").at_least(0),
    Key::boolean("transaction.two.phase.commit.enable", "false"),
    Key::text("transactional.id", None),
    Key::ignored("interceptor.classes"),
    Key::ignored("key.serializer"),
    Key::ignored("value.serializer"),
];
