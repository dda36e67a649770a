// Checks of a node by kafkajs. Usage: kafkajs.js BOOTSTRAP CHECK, or kafkajs.js --list
"use strict";

const assert = require("node:assert/strict");
const { CompressionTypes, Kafka, logLevel, PartitionAssigners } = require("kafkajs");

const checks = {};

const [bootstrap, name] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [bootstrap], clientId: "checks", logLevel: logLevel.NOTHING });

async function administering(run) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await run(admin);
  } finally {
    await admin.disconnect();
  }
}

const topic = (topic, numPartitions = 1, configEntries = []) =>
  administering((admin) => admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] }));

async function fill(topic, count, settings = {}, sending = {}) {
  const producer = kafka.producer({ createPartitioner: () => () => 0, ...settings });
  await producer.connect();
  const messages = [...Array(count).keys()].map((n) => ({ value: `${n}`, headers: { n: `${n}` } }));
  const [sent] = await producer.send({ topic, messages, ...sending });
  await producer.disconnect();
  return sent;
}

async function until(condition, what) {
  for (const end = Date.now() + 30000; !(await condition()); ) {
    assert(Date.now() < end, `${what} did not come within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Runs a member of a group that puts what it reads into `seen`, until `stop` is called.
async function member(groupId, topic, seen, settings = {}) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, heartbeatInterval: 300, rebalanceTimeout: 6000, ...settings });
  const state = { partitions: [] };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => (state.partitions = payload.memberAssignment[topic] ?? []));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const eachMessage = async ({ partition, message }) => seen.push({ partition, message });
  await consumer.run({ eachMessage });
  state.stop = () => consumer.disconnect();
  return state;
}

checks.recordsKeepTheirOrderAndHeaders = async () => {
  await topic("order");
  const sent = await fill("order", 500);
  assert.equal(sent.errorCode, 0);
  const seen = [];
  const one = await member("order", "order", seen);
  await until(() => seen.length === 500, "500 records");
  await one.stop();
  assert.deepEqual(seen.map(({ message }) => Number(message.value)), [...Array(500).keys()]);
  assert(seen.every(({ message }) => message.headers.n.toString() === message.value.toString()));
};

checks.gzip = async () => {
  await topic("gzip");
  await fill("gzip", 300, {}, { compression: CompressionTypes.GZIP });
  const seen = [];
  const one = await member("gzip", "gzip", seen);
  await until(() => seen.length === 300, "300 records");
  await one.stop();
  assert.equal(seen[299].message.offset, "299");
};

checks.anIdempotentProducer = async () => {
  await topic("idempotent");
  const sent = await fill("idempotent", 200, { idempotent: true, maxInFlightRequests: 1 }, { acks: -1 });
  assert.equal(sent.baseOffset, "0");
};

checks.aGroupGoesOnWhereItLeft = async () => {
  await topic("resume");
  await fill("resume", 50);
  const seen = [];
  for (const count of [50, 100]) {
    const one = await member("resume", "resume", seen);
    await until(() => seen.length === count, `${count} records`);
    await one.stop();
    await fill("resume", 50);
  }
  assert.deepEqual(seen.map(({ message }) => Number(message.offset)), [...Array(100).keys()]);
};

checks.membersShareAndHandOver = async () => {
  await topic("share", 4);
  const seen = [];
  const settings = { partitionAssigners: [PartitionAssigners.roundRobin] };
  const first = await member("share", "share", seen, settings);
  await until(() => first.partitions.length === 4, "all partitions for the first member");
  const second = await member("share", "share", seen, settings);
  await until(() => first.partitions.length === 2 && second.partitions.length === 2, "two partitions each");
  await second.stop();
  await until(() => first.partitions.length === 4, "all partitions for who stays");
  await first.stop();
};

checks.topicsAndConfigsAreAdministered = () =>
  administering(async (admin) => {
    await topic("admin", 2, [{ name: "retention.ms", value: "60000" }]);
    assert.equal(await admin.createTopics({ topics: [{ topic: "admin" }] }), false, "a topic was made twice");
    await admin.createPartitions({ topicPartitions: [{ topic: "admin", count: 4 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: ["admin"] });
    assert.equal(topics[0].partitions.length, 4);
    const asked = { resources: [{ type: 2, name: "admin", configNames: ["retention.ms"] }], includeSynonyms: false };
    const { resources } = await admin.describeConfigs(asked);
    assert.equal(resources[0].configEntries[0].configValue, "60000");
    await admin.deleteTopics({ topics: ["admin"] });
    await until(async () => !(await admin.listTopics()).includes("admin"), "the end of the topic");
  });

checks.offsetsAreAdministered = () =>
  administering(async (admin) => {
    await topic("offsets");
    await fill("offsets", 10);
    assert.deepEqual(await admin.fetchTopicOffsets("offsets"), [{ partition: 0, offset: "10", high: "10", low: "0" }]);
    await admin.setOffsets({ groupId: "offsets", topic: "offsets", partitions: [{ partition: 0, offset: "4" }] });
    const [found] = await admin.fetchOffsets({ groupId: "offsets", topics: ["offsets"] });
    assert.equal(found.partitions[0].offset, "4");
    await admin.deleteTopicRecords({ topic: "offsets", partitions: [{ partition: 0, offset: "6" }] });
    assert.equal((await admin.fetchTopicOffsets("offsets"))[0].low, "6");
    assert((await admin.listGroups()).groups.some(({ groupId }) => groupId === "offsets"));
    await admin.deleteGroups(["offsets"]);
    const { clusterId } = await admin.describeCluster();
    assert.equal(clusterId, "AAAAAAAAAAAAAAAAAAAAAQ");
  });

if (bootstrap === "--list") {
  console.log(Object.keys(checks).join("\n"));
} else {
  checks[name]().then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}
