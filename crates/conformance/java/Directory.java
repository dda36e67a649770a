import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;

/**
 * Uses a node so that its directory holds something of everything, and writes down all that a client can know of it. Usage:
 * Directory fill|before|after|more BOOTSTRAP OUTPUT
 */
final class Directory {
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};

    private final Properties properties = new Properties();

    private Directory(String bootstrap) {
        properties.put("bootstrap.servers", bootstrap);
        for (String side : List.of("key", "value")) {
            properties.put(side + ".serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
            properties.put(side + ".deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        }
    }

    public static void main(String[] args) throws Exception {
        Directory directory = new Directory(args[1]);
        try (Admin admin = Admin.create(directory.properties)) {
            switch (args[0]) {
                case "fill" -> directory.fill(admin);
                case "more" -> directory.more(admin);
                default -> {
                    try (PrintStream out = new PrintStream(args[2], StandardCharsets.UTF_8)) {
                        directory.describe(admin, out);
                    }
                }
            }
        }
        System.exit(0);
    }

    private void fill(Admin admin) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String codec : CODECS) {
            topics.add(new NewTopic("codec-" + codec, 2, (short) 1));
        }
        topics.add(new NewTopic("rolled", 1, (short) 1).configs(Map.of("segment.bytes", "1048576", "index.interval.bytes", "1000")));
        topics.add(new NewTopic("compacted", 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));
        topics.add(new NewTopic("log-append-time", 1, (short) 1).configs(Map.of("message.timestamp.type", "LogAppendTime")));
        topics.add(new NewTopic("grown", 1, (short) 1));
        topics.add(new NewTopic("gone", 3, (short) 1));
        topics.add(new NewTopic("empty", 1, (short) 1));
        admin.createTopics(topics).all().get();
        admin.createPartitions(Map.of("grown", NewPartitions.increaseTo(3))).all().get();
        ConfigResource grown = new ConfigResource(ConfigResource.Type.TOPIC, "grown");
        admin.incrementalAlterConfigs(Map.of(grown, List.of(
            new AlterConfigOp(new ConfigEntry("retention.ms", "123456789"), AlterConfigOp.OpType.SET)))).all().get();
        for (String codec : CODECS) {
            send("codec-" + codec, 1000, 200, Map.of("compression.type", codec));
        }
        send("rolled", 4000, 1000, Map.of());
        for (String topic : List.of("compacted", "log-append-time", "grown", "gone")) {
            send(topic, 500, 50, Map.of("enable.idempotence", "false"));
        }
        admin.deleteTopics(List.of("gone")).all().get();
        admin.deleteRecords(Map.of(new TopicPartition("rolled", 0), RecordsToDelete.beforeOffset(1500))).all().get();
        consume("group-a", "codec-none", 700);
        consume("group-b", "rolled", 100);
        consume("group-gone", "empty", 0);
        admin.deleteConsumerGroups(List.of("group-gone")).all().get();
    }

    /** What a successor must still be able to do. */
    private void more(Admin admin) throws Exception {
        send("codec-zstd", 100, 100, Map.of("compression.type", "zstd"));
        send("rolled", 100, 100, Map.of());
        consume("group-a", "codec-none", 300);
        consume("group-c", "codec-zstd", 1100);
        admin.createTopics(List.of(new NewTopic("later", 2, (short) 1))).all().get();
        send("later", 100, 100, Map.of());
        admin.deleteTopics(List.of("empty")).all().get();
    }

    private void send(String topic, int count, int size, Map<String, String> settings) throws Exception {
        Properties own = new Properties();
        own.putAll(properties);
        own.putAll(settings);
        Random random = new Random(count);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(own)) {
            List<Future<?>> sent = new ArrayList<>();
            for (int n = 0; n < count; n++) {
                byte[] value = new byte[size];
                random.nextBytes(value);
                byte[] key = n % 11 == 0 ? null : ("key-" + n % 100).getBytes(StandardCharsets.UTF_8);
                if (topic.equals("compacted")) {
                    key = ("key-" + n % 100).getBytes(StandardCharsets.UTF_8);
                    value = n % 7 == 0 ? null : value;
                }
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, null, 1_700_000_000_000L + n, key, value);
                if (n % 5 == 0) {
                    record.headers().add("h", key).add("h", null).add("", new byte[0]);
                }
                sent.add(producer.send(record));
            }
            for (Future<?> future : sent) {
                future.get();
            }
        }
    }

    private void consume(String group, String topic, int count) {
        Properties own = new Properties();
        own.putAll(properties);
        own.putAll(Map.of("group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false", "max.poll.records", "100"));
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(own)) {
            consumer.subscribe(List.of(topic));
            Instant end = Instant.now().plusSeconds(60);
            int read = 0;
            do {
                check(Instant.now().isBefore(end), group + " read " + read + " of " + count);
                read += consumer.poll(Duration.ofMillis(300)).count();
                if (!consumer.assignment().isEmpty()) {
                    consumer.commitSync();
                }
            } while (read < count || consumer.assignment().isEmpty());
        }
    }

    private void describe(Admin admin, PrintStream out) throws Exception {
        out.println("cluster " + admin.describeCluster().clusterId().get());
        var names = new TreeSet<>(admin.listTopics(new ListTopicsOptions().listInternal(false)).names().get());
        var topics = new TreeMap<>(admin.describeTopics(names).allTopicNames().get());
        for (TopicDescription topic : topics.values()) {
            out.println("topic " + topic.name() + " " + topic.topicId());
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
            Collection<ConfigEntry> entries = admin.describeConfigs(List.of(resource)).all().get().get(resource).entries();
            entries.stream().filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .sorted(Comparator.comparing(ConfigEntry::name))
                .forEach(entry -> out.println("  " + entry.name() + "=" + entry.value()));
            for (var info : topic.partitions()) {
                describe(admin, new TopicPartition(topic.name(), info.partition()), out);
            }
        }
        for (String group : new TreeSet<>(admin.listGroups().all().get().stream().map(listing -> listing.groupId()).toList())) {
            Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            var sorted = new TreeMap<TopicPartition, OffsetAndMetadata>(Comparator.comparing(TopicPartition::toString));
            sorted.putAll(offsets);
            sorted.forEach((partition, offset) ->
                out.println("group " + group + " " + partition + " " + offset.offset() + " epoch " + offset.leaderEpoch() + " " + offset.metadata()));
        }
    }

    private void describe(Admin admin, TopicPartition partition, PrintStream out) throws Exception {
        long start = admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).all().get().get(partition).offset();
        long end = admin.listOffsets(Map.of(partition, OffsetSpec.latest())).all().get().get(partition).offset();
        var at = admin.listOffsets(Map.of(partition, OffsetSpec.forTimestamp(1_700_000_000_123L + start))).all().get().get(partition);
        CRC32 crc = new CRC32();
        long count = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            Instant deadline = Instant.now().plusSeconds(60);
            while (consumer.position(partition) < end) {
                check(Instant.now().isBefore(deadline), partition + " ends at " + end + ", read to " + consumer.position(partition));
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    add(crc, record);
                    count++;
                }
            }
        }
        out.println("  " + partition + " from " + start + " to " + end + " records " + count + " crc " + crc.getValue()
            + " at time " + at.offset() + "," + at.timestamp());
    }

    private static void add(CRC32 crc, ConsumerRecord<byte[], byte[]> record) {
        String frame = record.offset() + " " + record.timestamp() + " " + record.timestampType() + " " + record.leaderEpoch();
        crc.update(frame.getBytes(StandardCharsets.UTF_8));
        add(crc, record.key());
        add(crc, record.value());
        for (Header header : record.headers()) {
            crc.update(header.key().getBytes(StandardCharsets.UTF_8));
            add(crc, header.value());
        }
    }

    private static void add(CRC32 crc, byte[] bytes) {
        crc.update(bytes == null ? "null".getBytes(StandardCharsets.UTF_8) : bytes);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
