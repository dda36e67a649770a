"""Checks of a node by kafka-python."""

import threading
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from checking import check, main, until


class Node:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def admin(self):
        return KafkaAdminClient(bootstrap_servers=self.bootstrap)

    def producer(self, **settings):
        return KafkaProducer(bootstrap_servers=self.bootstrap, acks="all", **settings)

    def consumer(self, *topics, **settings):
        settings = {"auto_offset_reset": "earliest", "consumer_timeout_ms": 15000} | settings
        return KafkaConsumer(*topics, bootstrap_servers=self.bootstrap, **settings)

    def topic(self, name, partitions=1, **configs):
        admin = self.admin()
        admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        admin.close()
        return name

    def fill(self, topic, count, partition=None, timestamp=None, **settings):
        """Sends 0, 1, 2, ... and returns what was acknowledged."""
        producer = self.producer(**settings)
        at = (lambda n: None) if timestamp is None else (lambda n: timestamp + n * 1000)
        futures = [
            producer.send(topic, key=b"k%d" % (n % 7), value=b"%d" % n, partition=partition, timestamp_ms=at(n))
            for n in range(count)
        ]
        producer.flush()
        done = [future.get(timeout=30) for future in futures]
        producer.close()
        return done


def take(consumer, count):
    records = []
    for record in consumer:
        records.append(record)
        if len(records) == count:
            return records
    raise AssertionError(f"read {len(records)} of {count}")


@check
def produces_and_consumes_in_order(node):
    topic = node.topic("order", partitions=3)
    done = node.fill(topic, 2000)
    assert len({(d.partition, d.offset) for d in done}) == 2000
    consumer = node.consumer(topic, group_id=None)
    last = {}
    for record in take(consumer, 2000):
        n = int(record.value)
        assert n > last.get(record.partition, -1), f"partition {record.partition}: {n} after {last[record.partition]}"
        last[record.partition] = n
    consumer.close()


@check
def acknowledgements_of_all_kinds(node):
    topic = node.topic("acks")
    for acks in (0, 1, "all"):
        producer = KafkaProducer(bootstrap_servers=node.bootstrap, acks=acks, enable_idempotence=acks == "all")
        future = producer.send(topic, b"acks")
        producer.flush()
        future.get(timeout=30)
        producer.close()
    consumer = node.consumer(topic, group_id=None)
    assert [r.offset for r in take(consumer, 3)] == [0, 1, 2]
    consumer.close()


@check
def every_codec(node):
    topic = node.topic("codecs")
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        node.fill(topic, 300, compression_type=codec, linger_ms=20)
    consumer = node.consumer(topic, group_id=None)
    values = [int(r.value) for r in take(consumer, 1500)]
    assert values == list(range(300)) * 5
    consumer.close()


@check
def headers_nulls_and_timestamps(node):
    topic = node.topic("headers")
    producer = node.producer()
    producer.send(topic, key=None, value=b"v", headers=[("h", b"1"), ("h", b"2"), ("n", b"")], timestamp_ms=1234567890123)
    producer.send(topic, key=b"tombstone", value=None)
    producer.send(topic, key=b"", value=b"")
    producer.flush()
    producer.close()
    consumer = node.consumer(topic, group_id=None)
    first, second, third = take(consumer, 3)
    assert list(first.headers) == [("h", b"1"), ("h", b"2"), ("n", b"")], first.headers
    assert first.timestamp == 1234567890123 and first.timestamp_type == 0
    assert (second.key, second.value) == (b"tombstone", None)
    assert (third.key, third.value) == (b"", b"")
    consumer.close()


@check
def log_append_time(node):
    topic = node.topic("append-time", **{"message.timestamp.type": "LogAppendTime"})
    before = int(time.time() * 1000)
    node.fill(topic, 10, timestamp=1000)
    consumer = node.consumer(topic, group_id=None)
    for record in take(consumer, 10):
        assert record.timestamp_type == 1 and record.timestamp >= before - 1, record
    consumer.close()


@check
def a_group_goes_on_where_it_left(node):
    topic = node.topic("resume", partitions=2)
    node.fill(topic, 100)
    seen = []
    for _ in range(2):
        consumer = node.consumer(topic, group_id="resume", enable_auto_commit=False, max_poll_records=50)
        got = 0
        while got < 50:
            for records in consumer.poll(timeout_ms=1000, max_records=50 - got).values():
                seen += [int(r.value) for r in records]
                got += len(records)
        consumer.commit()
        consumer.close()
    assert sorted(seen) == list(range(100)), "records were skipped or read twice"


@check
def auto_commit(node):
    topic = node.topic("auto-commit")
    node.fill(topic, 20)
    consumer = node.consumer(topic, group_id="auto", auto_commit_interval_ms=100)
    take(consumer, 20)
    consumer.close()
    consumer = node.consumer(topic, group_id="auto", consumer_timeout_ms=1500)
    assert consumer.committed(TopicPartition(topic, 0)) == 20
    assert [r.value for r in consumer] == []
    consumer.close()


@check
def two_members_share_and_hand_over(node):
    topic = node.topic("rebalance", partitions=4)
    members, stop = {}, threading.Event()
    seen, lock = [], threading.Lock()

    def run(name, leave):
        consumer = node.consumer(topic, group_id="rebalance", client_id=name, heartbeat_interval_ms=300, session_timeout_ms=6000)
        while not stop.is_set() and not leave.is_set():
            for records in consumer.poll(timeout_ms=100).values():
                with lock:
                    seen.extend(int(r.value) for r in records)
            members[name] = {p.partition for p in consumer.assignment()}
        members[name] = set()
        consumer.close()

    leave = [threading.Event(), threading.Event()]
    threads = [threading.Thread(target=run, args=(f"member-{n}", leave[n])) for n in range(2)]
    threads[0].start()
    until(lambda: members.get("member-0") == {0, 1, 2, 3}, "all partitions for the first member")
    node.fill(topic, 100)
    threads[1].start()
    until(lambda: sorted(map(len, members.values())) == [2, 2], "two partitions each")
    assert members["member-0"] | members["member-1"] == {0, 1, 2, 3}
    node.fill(topic, 100)
    until(lambda: len(seen) == 200, "the records of both")
    leave[0].set()
    until(lambda: members["member-1"] == {0, 1, 2, 3}, "all partitions for the second member")
    node.fill(topic, 100)
    until(lambda: len(seen) == 300, "the records after the first left")
    stop.set()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(list(range(100)) * 3), "records were lost or read twice"


@check
def a_static_member_comes_back(node):
    topic = node.topic("static", partitions=2)
    for _ in range(2):
        consumer = node.consumer(topic, group_id="static", group_instance_id="one", session_timeout_ms=6000)
        until(lambda: consumer.poll(timeout_ms=100) is not None and len(consumer.assignment()) == 2, "the assignment")
        consumer.close()


@check
def seeks(node):
    topic = node.topic("seek")
    node.fill(topic, 100, partition=0)
    partition = TopicPartition(topic, 0)
    consumer = node.consumer(group_id=None)
    consumer.assign([partition])
    consumer.seek(partition, 40)
    assert next(consumer).offset == 40 and consumer.position(partition) == 41
    consumer.seek_to_beginning(partition)
    assert next(consumer).offset == 0
    consumer.seek_to_end(partition)
    assert consumer.position(partition) == 100
    consumer.seek(partition, 5000)
    assert next(consumer).offset == 0, "an offset out of range is reset to the earliest"
    assert consumer.beginning_offsets([partition]) == {partition: 0}
    assert consumer.end_offsets([partition]) == {partition: 100}
    consumer.pause(partition)
    assert consumer.poll(timeout_ms=300) == {}
    consumer.close()


@check
def offsets_for_times(node):
    topic = node.topic("times")
    start = 1700000000000
    node.fill(topic, 50, partition=0, timestamp=start)
    partition = TopicPartition(topic, 0)
    consumer = node.consumer(group_id=None)
    consumer.assign([partition])
    for at, offset in ((start - 1, 0), (start, 0), (start + 1, 1), (start + 20000, 20), (start + 49000, 49)):
        found = consumer.offsets_for_times({partition: at})[partition]
        assert found.offset == offset and found.timestamp == start + offset * 1000, (at, found)
    assert consumer.offsets_for_times({partition: start + 49001})[partition] is None
    consumer.close()


@check
def commits_with_metadata(node):
    topic = node.topic("metadata")
    node.fill(topic, 5)
    partition = TopicPartition(topic, 0)
    consumer = node.consumer(group_id="metadata")
    consumer.assign([partition])
    consumer.commit({partition: OffsetAndMetadata(3, "a note", -1)})
    committed = consumer.committed(partition, metadata=True)
    assert (committed.offset, committed.metadata) == (3, "a note"), committed
    consumer.close()


@check
def topics_are_administered(node):
    admin = node.admin()
    node.topic("admin", partitions=2, **{"retention.ms": "60000"})
    assert "admin" in admin.list_topics()
    described = admin.describe_topics(["admin"])[0]
    assert len(described["partitions"]) == 2, described
    admin.create_partitions({"admin": NewPartitions(total_count=4)})
    assert len(admin.describe_topics(["admin"])[0]["partitions"]) == 4
    try:
        admin.create_topics([NewTopic("admin", 1, 1)])
        raise AssertionError("a topic was made twice")
    except KafkaError as error:
        assert type(error).__name__ == "TopicAlreadyExistsError", error
    admin.delete_topics(["admin"])
    until(lambda: "admin" not in admin.list_topics(), "the end of the topic")
    admin.close()


@check
def configs_are_administered(node):
    admin = node.admin()
    topic = node.topic("configs")
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"retention.ms": "12345"})
    admin.alter_configs([resource])
    text = str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all"))
    assert "12345" in text and "cleanup.policy" in text, text[:500]
    text = str(admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")], config_filter="all"))
    assert "num.io.threads" in text, text[:500]
    admin.close()


@check
def groups_are_administered(node):
    topic = node.topic("admin-groups")
    node.fill(topic, 10)
    consumer = node.consumer(topic, group_id="admin-group")
    take(consumer, 10)
    admin = node.admin()
    assert "admin-group" in str(admin.list_groups())
    assert "Stable" in str(admin.describe_groups(["admin-group"]))
    consumer.close()
    until(lambda: "Empty" in str(admin.describe_groups(["admin-group"])), "an empty group")
    partition = TopicPartition(topic, 0)
    assert "10" in str(admin.list_group_offsets({"admin-group": [partition]}))
    admin.alter_group_offsets("admin-group", {partition: OffsetAndMetadata(4, "", -1)})
    consumer = node.consumer(topic, group_id="admin-group")
    assert next(consumer).offset == 4
    consumer.close()
    admin.delete_groups(["admin-group"])
    assert "admin-group" not in str(admin.list_groups())
    admin.close()


@check
def records_are_deleted(node):
    topic = node.topic("delete-records")
    node.fill(topic, 10, partition=0)
    partition = TopicPartition(topic, 0)
    admin = node.admin()
    admin.delete_records({partition: 6})
    admin.close()
    consumer = node.consumer(group_id=None)
    consumer.assign([partition])
    consumer.seek_to_beginning(partition)
    assert next(consumer).offset == 6
    consumer.close()


@check
def the_cluster_is_described(node):
    admin = node.admin()
    described = str(admin.describe_cluster())
    assert "AAAAAAAAAAAAAAAAAAAAAQ" in described, described
    assert "metadata.version" in str(admin.describe_features())
    assert "leader_id" in str(admin.describe_metadata_quorum())
    assert str(admin.describe_log_dirs())
    admin.close()


@check
def topics_are_made_by_use(node):
    node.fill("made-by-use", 1)
    consumer = node.consumer("made-by-use", group_id=None)
    take(consumer, 1)
    consumer.close()


@check
def a_record_too_large_is_refused(node):
    topic = node.topic("too-large")
    producer = node.producer(max_request_size=4 << 20)
    try:
        producer.send(topic, b"x" * (2 << 20)).get(timeout=30)
        raise AssertionError("a record of 2 MiB was taken")
    except KafkaError as error:
        assert type(error).__name__ in ("MessageSizeTooLargeError", "RecordTooLargeError"), repr(error)
    producer.close()
    node.fill(topic, 1)


@check
def large_records_and_small_fetches(node):
    topic = node.topic("large", **{"max.message.bytes": "3000000"})
    producer = node.producer(max_request_size=4 << 20)
    for n in range(4):
        producer.send(topic, bytes([n]) * (2 << 20)).get(timeout=30)
    producer.close()
    consumer = node.consumer(topic, group_id=None, max_partition_fetch_bytes=1000, fetch_max_bytes=1000)
    assert [(len(r.value), r.value[0]) for r in take(consumer, 4)] == [(2 << 20, n) for n in range(4)]
    consumer.close()


main(lambda function, bootstrap: function(Node(bootstrap)))
