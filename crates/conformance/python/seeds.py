"""The producer and the consumer of a tutorial. Usage: seeds.py BOOTSTRAP TOPIC RECORDS"""

import json
import sys

from kafka import KafkaConsumer, KafkaProducer

bootstrap, topic, records = sys.argv[1], sys.argv[2], int(sys.argv[3])

producer = KafkaProducer(
    bootstrap_servers=bootstrap,
    acks="all",
    retries=3,
    batch_size=16384,
    linger_ms=10,
    key_serializer=str.encode,
    value_serializer=lambda value: json.dumps(value).encode(),
)
futures = [producer.send(topic, key=f"user-{n % 10}", value={"event": n}) for n in range(records)]
producer.flush()
offsets = {(done.partition, done.offset) for done in (future.get(timeout=30) for future in futures)}
assert len(offsets) == records, f"{records} records got {len(offsets)} offsets"
producer.close()

consumer = KafkaConsumer(
    topic,
    bootstrap_servers=bootstrap,
    group_id="tutorial-python",
    auto_offset_reset="earliest",
    consumer_timeout_ms=20000,
)
seen = {}
count = 0
for record in consumer:
    if record.key is None:
        continue
    event = json.loads(record.value)["event"]
    key = record.key.decode()
    assert event > seen.get(key, -1), f"{key}: {event} after {seen[key]}"
    seen[key] = event
    count += 1
    if count == records:
        break
consumer.close()
assert count == records, f"read {count} of {records}"
