"""Checks of a node by confluent-kafka, which is librdkafka for Python."""

import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic
from confluent_kafka.admin import OffsetSpec, ResourceType

from checking import check, main, until


class Node:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def topic(self, name, partitions=1, **configs):
        self.admin.create_topics([NewTopic(name, partitions, 1, config=configs)])[name].result(30)
        return name

    def fill(self, topic, count, partition=0, timestamp=0, **settings):
        """Sends 0, 1, 2, ... and returns the offsets that were acknowledged."""
        offsets = []

        def told(error, message):
            assert error is None, error
            offsets.append(message.offset())

        producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5} | settings)
        for n in range(count):
            at = timestamp + n * 1000 if timestamp else 0
            producer.produce(topic, b"%d" % n, partition=partition, timestamp=at, on_delivery=told)
        assert producer.flush(30) == 0
        return offsets

    def consumer(self, group, **settings):
        own = {"bootstrap.servers": self.bootstrap, "group.id": group, "auto.offset.reset": "earliest"}
        return Consumer(own | {"enable.auto.commit": False, "session.timeout.ms": 6000} | settings)

    def take(self, consumer, count, seconds=30):
        messages, end = [], time.monotonic() + seconds
        while len(messages) < count and time.monotonic() < end:
            messages += consumer.consume(count - len(messages), timeout=1)
        for message in messages:
            assert message.error() is None, message.error()
        assert len(messages) == count, f"read {len(messages)} of {count}"
        return messages


@check
def every_codec_keeps_order(node):
    topic = node.topic("codecs")
    codecs = ("none", "gzip", "snappy", "lz4", "zstd")
    for codec in codecs:
        node.fill(topic, 300, **{"compression.type": codec})
    consumer = node.consumer("codecs")
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    assert [int(m.value()) for m in node.take(consumer, 1500)] == list(range(300)) * len(codecs)
    consumer.close()


@check
def an_idempotent_producer_keeps_order(node):
    topic = node.topic("idempotent")
    offsets = node.fill(topic, 5000, **{"enable.idempotence": True})
    assert offsets == list(range(5000)), "offsets are not in order"


@check
def headers_keys_and_tombstones(node):
    topic = node.topic("headers")
    producer = Producer({"bootstrap.servers": node.bootstrap})
    producer.produce(topic, b"v", headers=[("h", b"1"), ("h", None)])
    producer.produce(topic, None, key=b"gone")
    producer.produce(topic, b"", key=b"")
    assert producer.flush(30) == 0
    consumer = node.consumer("headers")
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    first, second, third = node.take(consumer, 3)
    assert first.headers() == [("h", b"1"), ("h", None)] and first.key() is None, first.headers()
    assert (second.key(), second.value()) == (b"gone", None)
    assert (third.key(), third.value()) == (b"", b"")
    consumer.close()


@check
def a_group_goes_on_where_it_left(node):
    topic = node.topic("resume", partitions=2)
    node.fill(topic, 50, partition=0)
    node.fill(topic, 50, partition=1)
    seen = []
    for _ in range(2):
        consumer = node.consumer("resume")
        consumer.subscribe([topic])
        seen += [(m.partition(), m.offset()) for m in node.take(consumer, 50)]
        consumer.commit(asynchronous=False)
        consumer.close()
    assert len(set(seen)) == 100, "records were skipped or read twice"


@check
def cooperative_members_share(node):
    topic = node.topic("cooperative", partitions=4)
    members = [node.consumer("cooperative", **{"partition.assignment.strategy": "cooperative-sticky"}) for _ in range(2)]
    for member in members:
        member.subscribe([topic])

    def shared():
        for member in members:
            member.poll(0.1)
        held = [{p.partition for p in member.assignment()} for member in members]
        return [len(h) for h in held] == [2, 2] and held[0] | held[1] == {0, 1, 2, 3}

    until(shared, "two partitions each")
    members[0].close()
    del members[0]
    until(lambda: members[0].poll(0.1) is None and len(members[0].assignment()) == 4, "all partitions for who stays")
    members[0].close()


@check
def a_regular_expression_finds_new_topics(node):
    node.fill(node.topic("regex-one"), 1)
    consumer = node.consumer("regex", **{"topic.metadata.refresh.interval.ms": 500})
    consumer.subscribe(["^regex-.*"])
    assert node.take(consumer, 1)[0].topic() == "regex-one"
    consumer.commit(asynchronous=False)
    node.fill(node.topic("regex-two"), 1)
    assert node.take(consumer, 1)[0].topic() == "regex-two"
    consumer.close()


@check
def times_and_watermarks(node):
    topic, start = node.topic("times"), 1700000000000
    node.fill(topic, 50, timestamp=start)
    consumer = node.consumer("times")
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10) == (0, 50)
    for at, offset in ((start, 0), (start + 1, 1), (start + 20000, 20), (start + 49000, 49), (start + 49001, -1)):
        [found] = consumer.offsets_for_times([TopicPartition(topic, 0, at)], timeout=10)
        assert found.offset == offset, (at, found)
    listed = node.admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.max_timestamp()})
    [found] = [future.result(10) for future in listed.values()]
    assert (found.offset, found.timestamp) == (49, start + 49000), found
    consumer.close()


@check
def topics_and_configs_are_administered(node):
    admin = node.admin
    topic = node.topic("admin", partitions=2, **{"retention.ms": "60000"})
    admin.create_partitions([NewPartitions(topic, 4)])[topic].result(30)
    until(lambda: len(admin.list_topics(topic, timeout=10).topics[topic].partitions) == 4, "four partitions")
    try:
        node.topic(topic)
        raise AssertionError("a topic was made twice")
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, error
    change = ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[change])
    [altered] = admin.incremental_alter_configs([resource]).values()
    altered.result(30)
    [described] = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
    configs = described.result(30)
    assert configs["cleanup.policy"].value == "delete,compact", configs["cleanup.policy"].value
    assert configs["retention.ms"].value == "60000" and not configs["retention.ms"].is_default
    admin.delete_topics([topic])[topic].result(30)
    until(lambda: topic not in admin.list_topics(timeout=10).topics, "the end of the topic")


@check
def groups_are_administered(node):
    topic, admin = node.topic("groups"), node.admin
    node.fill(topic, 10)
    consumer = node.consumer("administered")
    consumer.subscribe([topic])
    node.take(consumer, 10)
    consumer.commit(asynchronous=False)
    listed = admin.list_consumer_groups().result(30)
    assert "administered" in [group.group_id for group in listed.valid], listed.errors
    described = admin.describe_consumer_groups(["administered"])["administered"].result(30)
    assert described.state.name == "STABLE" and len(described.members) == 1, described.state
    consumer.close()

    def offset():
        [future] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions("administered")]).values()
        return [(p.topic, p.partition, p.offset) for p in future.result(30).topic_partitions]

    assert offset() == [(topic, 0, 10)], offset()
    moved = ConsumerGroupTopicPartitions("administered", [TopicPartition(topic, 0, 4)])
    [altered] = admin.alter_consumer_group_offsets([moved]).values()
    altered.result(30)
    assert offset() == [(topic, 0, 4)], offset()
    admin.delete_consumer_groups(["administered"])["administered"].result(30)


@check
def records_are_deleted(node):
    topic = node.topic("delete-records")
    node.fill(topic, 10)
    [deleted] = node.admin.delete_records([TopicPartition(topic, 0, 6)]).values()
    assert deleted.result(30).low_watermark == 6
    consumer = node.consumer("delete-records")
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10) == (6, 10)
    consumer.close()


@check
def a_record_too_large_is_refused(node):
    topic, errors = node.topic("too-large"), []
    producer = Producer({"bootstrap.servers": node.bootstrap, "message.max.bytes": 4 << 20})
    producer.produce(topic, b"x" * (2 << 20), on_delivery=lambda error, _: errors.append(error.code()))
    assert producer.flush(30) == 0
    assert errors == [KafkaError.MSG_SIZE_TOO_LARGE], errors


main(lambda function, bootstrap: function(Node(bootstrap)))
