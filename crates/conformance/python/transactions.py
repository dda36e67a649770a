"""A copier that moves records from topic to topic in transactions. Usage: transactions.py BOOTSTRAP FROM TO ID STOP_FILE"""

import random
import sys
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition

LINE_EVERY = 5
ABORT_ONE_IN = 5

bootstrap, source, target, name, stop_file = sys.argv[1:]
stop = Path(stop_file)


def shared():
    return {
        "bootstrap.servers": bootstrap,
        "reconnect.backoff.max.ms": 200,
        # Without its only broker librdkafka would begin anew and lose a call that is under way, for ever.
        "metadata.recovery.strategy": "none",
    }


def consumer():
    made = Consumer({
        **shared(),
        "group.id": name,
        # Whoever is started in place of one that was killed is the same member.
        "group.instance.id": name,
        "session.timeout.ms": 20000,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
    })
    made.subscribe([source])
    return made


def producer():
    made = Producer({
        **shared(),
        "transactional.id": name,
        "transaction.timeout.ms": 30000,
        "linger.ms": 1,
    })
    made.init_transactions(30)
    return made


def rewind(reader):
    for at in reader.committed(reader.assignment(), timeout=30):
        offset = at.offset if at.offset >= 0 else OFFSET_BEGINNING
        reader.seek(TopicPartition(at.topic, at.partition, offset))


def copy(reader, writer):
    count = 0
    while not stop.exists():
        records = [record for record in reader.consume(500, timeout=0.2) if not record.error()]
        if not records:
            continue
        writer.begin_transaction()
        offsets = {}
        for record in records:
            writer.produce(target, key=record.key(), value=record.value(), partition=record.partition())
            offsets[record.partition()] = TopicPartition(source, record.partition(), record.offset() + 1)
        writer.send_offsets_to_transaction(list(offsets.values()), reader.consumer_group_metadata(), 30)
        if random.randrange(ABORT_ONE_IN) == 0:
            writer.abort_transaction(30)
            rewind(reader)
            continue
        writer.commit_transaction(30)
        count += 1
        if count % LINE_EVERY == 0:
            print(count)


# Whatever goes wrong, it begins anew from the offsets that were committed.
while not stop.exists():
    reader = consumer()
    try:
        copy(reader, producer())
    except (KafkaException, BufferError) as error:
        print("begins anew:", error, file=sys.stderr)
    finally:
        reader.close()
