"""Checks of a node by aiokafka."""

import asyncio
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import MessageSizeTooLargeError, TopicAlreadyExistsError

from checking import check, main


class Node:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    @asynccontextmanager
    async def admin(self):
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def topic(self, name, partitions=1, **configs):
        async with self.admin() as admin:
            answer = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
            assert answer.topic_errors[0][1] == 0, answer
        return name

    async def fill(self, topic, count, partition=0, timestamp=None, **settings):
        """Sends 0, 1, 2, ... and returns the offsets that were acknowledged."""
        async with AIOKafkaProducer(bootstrap_servers=self.bootstrap, **settings) as producer:
            sent = []
            for n in range(count):
                at = None if timestamp is None else timestamp + n * 1000
                sent.append(await producer.send(topic, b"%d" % n, partition=partition, timestamp_ms=at))
            return [(await future).offset for future in sent]

    def consumer(self, *topics, **settings):
        settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False} | settings
        return AIOKafkaConsumer(*topics, bootstrap_servers=self.bootstrap, **settings)


async def take(consumer, count):
    return [await asyncio.wait_for(consumer.getone(), 30) for _ in range(count)]


async def until(condition, what):
    for _ in range(600):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what} did not come within 30 s")


@check
async def every_codec_keeps_order(node):
    topic = await node.topic("codecs")
    codecs = (None, "gzip", "snappy", "lz4", "zstd")
    for codec in codecs:
        await node.fill(topic, 200, compression_type=codec, linger_ms=10)
    async with node.consumer(topic) as consumer:
        values = [int(record.value) for record in await take(consumer, 1000)]
    assert values == list(range(200)) * len(codecs)


@check
async def an_idempotent_producer_keeps_order(node):
    topic = await node.topic("idempotent")
    offsets = await node.fill(topic, 1000, enable_idempotence=True)
    assert offsets == list(range(1000))


@check
async def a_group_goes_on_where_it_left(node):
    topic, seen = await node.topic("resume"), []
    await node.fill(topic, 100)
    for _ in range(2):
        async with node.consumer(topic, group_id="resume") as consumer:
            seen += [record.offset for record in await take(consumer, 50)]
            await consumer.commit({TopicPartition(topic, 0): seen[-1] + 1})
    assert seen == list(range(100)), "records were skipped or read twice"


@check
async def sticky_members_share(node):
    topic = await node.topic("sticky", partitions=4)
    settings = {"group_id": "sticky", "session_timeout_ms": 6000, "heartbeat_interval_ms": 300}
    settings |= {"partition_assignment_strategy": [StickyPartitionAssignor]}
    async with node.consumer(topic, **settings) as first:
        await until(lambda: len(first.assignment()) == 4, "all partitions for the first member")
        async with node.consumer(topic, **settings) as second:
            await until(lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2, "two partitions each")
            assert not first.assignment() & second.assignment()
        await until(lambda: len(first.assignment()) == 4, "all partitions for who stays")


@check
async def a_static_member_comes_back(node):
    topic = await node.topic("static", partitions=2)
    for _ in range(2):
        async with node.consumer(topic, group_id="static", group_instance_id="one", session_timeout_ms=6000) as consumer:
            await until(lambda: len(consumer.assignment()) == 2, "the assignment")


@check
async def seeks_and_times(node):
    topic, start = await node.topic("times"), 1700000000000
    await node.fill(topic, 50, timestamp=start)
    partition = TopicPartition(topic, 0)
    async with node.consumer() as consumer:
        consumer.assign([partition])
        consumer.seek(partition, 40)
        assert (await take(consumer, 1))[0].offset == 40
        await consumer.seek_to_end(partition)
        assert await consumer.position(partition) == 50
        for at, offset in ((start - 1, 0), (start + 1, 1), (start + 49000, 49)):
            found = (await consumer.offsets_for_times({partition: at}))[partition]
            assert (found.offset, found.timestamp) == (offset, start + offset * 1000), (at, found)
        assert (await consumer.offsets_for_times({partition: start + 49001}))[partition] is None
        assert await consumer.beginning_offsets([partition]) == {partition: 0}
        assert await consumer.end_offsets([partition]) == {partition: 50}


@check
async def topics_are_administered(node):
    async with node.admin() as admin:
        await node.topic("admin", partitions=2, **{"retention.ms": "60000"})
        await admin.create_partitions({"admin": NewPartitions(4)})
        [described] = await admin.describe_topics(["admin"])
        assert len(described["partitions"]) == 4, described
        answer = await admin.create_topics([NewTopic("admin", 1, 1)])
        assert answer.topic_errors[0][1] == TopicAlreadyExistsError.errno, answer
        resource = ConfigResource(ConfigResourceType.TOPIC, "admin")
        assert "60000" in str(await admin.describe_configs([resource]))
        await admin.delete_topics(["admin"])
        assert "admin" not in await admin.list_topics()


@check
async def a_record_too_large_is_refused(node):
    topic = await node.topic("too-large")
    async with AIOKafkaProducer(bootstrap_servers=node.bootstrap, max_request_size=4 << 20) as producer:
        try:
            await producer.send_and_wait(topic, b"x" * (2 << 20))
            raise AssertionError("a record of 2 MiB was taken")
        except MessageSizeTooLargeError:
            pass


main(lambda function, bootstrap: asyncio.run(function(Node(bootstrap))))
