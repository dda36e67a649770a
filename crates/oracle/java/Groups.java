import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;

/** Groups of all four kinds, for the records that their coordinators keep. */
final class Groups {
    private final Cluster cluster;
    private final String suffix;

    Groups(Cluster cluster, int phase) {
        this.cluster = cluster;
        this.suffix = "-" + phase;
    }

    void consumers() throws Exception {
        for (String protocol : List.of("classic", "consumer")) {
            String group = protocol + suffix;
            try (Consumer<byte[], byte[]> one = member(group, protocol); Consumer<byte[], byte[]> two = member(group, protocol)) {
                one.subscribe(List.of("idempotent", "shapes", "transactions"));
                two.subscribe(List.of("idempotent", "shapes"));
                pollUntil(() -> !one.assignment().isEmpty() && !two.assignment().isEmpty(), one, two);
                one.commitSync();
                two.commitSync(Map.of(two.assignment().iterator().next(), new OffsetAndMetadata(1, java.util.Optional.of(0), "метаданные \"x\"")));
            }
        }
        // A static member leaves nothing behind when it goes, so its group keeps it.
        try (Consumer<byte[], byte[]> fixed = cluster.consumer("group.id", "static" + suffix, "group.instance.id", "instance-1",
                "auto.offset.reset", "earliest", "session.timeout.ms", "45000")) {
            fixed.subscribe(List.of("shapes"));
            pollUntil(() -> !fixed.assignment().isEmpty(), fixed);
            fixed.commitSync();
        }
        // Offsets alone, then none: a group that dies.
        try (Consumer<byte[], byte[]> simple = cluster.consumer("group.id", "simple" + suffix)) {
            simple.commitSync(Map.of(new TopicPartition("shapes", 0), new OffsetAndMetadata(3)));
        }
        try (Consumer<byte[], byte[]> simple = cluster.consumer("group.id", "dies" + suffix)) {
            simple.commitSync(Map.of(new TopicPartition("shapes", 0), new OffsetAndMetadata(2)));
        }
        try (Admin admin = cluster.admin()) {
            admin.deleteConsumerGroups(List.of("dies" + suffix)).all().get();
        }
    }

    private Consumer<byte[], byte[]> member(String group, String protocol) {
        return cluster.consumer("group.id", group, "group.protocol", protocol, "auto.offset.reset", "earliest",
            "max.poll.records", "50", "isolation.level", "read_committed");
    }

    @SafeVarargs
    private static void pollUntil(BooleanSupplier done, Consumer<byte[], byte[]>... consumers) {
        Instant end = Instant.now().plus(Cluster.SOON);
        while (!done.getAsBoolean() && Instant.now().isBefore(end)) {
            for (Consumer<byte[], byte[]> consumer : consumers) {
                consumer.poll(Duration.ofMillis(100));
            }
        }
    }

    /** Accepts, releases and rejects by turns, so that the group's state has gaps and counts deliveries. */
    void shares() throws Exception {
        String group = "share" + suffix;
        try (Admin admin = cluster.admin()) {
            set(admin, group, "share.auto.offset.reset", "earliest");
        }
        Map<String, Object> config = cluster.config("group.id", group, "share.acknowledgement.mode", "explicit");
        try (var consumer = new KafkaShareConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("shapes", "idempotent"));
            int seen = 0;
            Instant end = Instant.now().plus(Cluster.SOON);
            while (seen < 150 && Instant.now().isBefore(end)) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    AcknowledgeType type = switch (seen++ % 7) {
                        case 2 -> AcknowledgeType.RELEASE;
                        case 5 -> AcknowledgeType.REJECT;
                        default -> AcknowledgeType.ACCEPT;
                    };
                    consumer.acknowledge(record, type);
                }
                consumer.commitSync();
            }
        }
    }

    /** Streams in its old group and in its own. */
    void streams() throws Exception {
        for (String protocol : List.of("classic", "streams")) {
            StreamsBuilder builder = new StreamsBuilder();
            builder.<byte[], byte[]>stream("streams-in").filter((key, value) -> key != null).to("streams-out");
            Properties config = new Properties();
            config.putAll(cluster.config("application.id", "streams-" + protocol + suffix, "group.protocol", protocol,
                "default.key.serde", Serdes.ByteArraySerde.class, "default.value.serde", Serdes.ByteArraySerde.class,
                "commit.interval.ms", "200", "state.dir", System.getProperty("java.io.tmpdir") + "/oracle-streams" + suffix));
            try (KafkaStreams streams = new KafkaStreams(builder.build(), config)) {
                streams.start();
                Instant end = Instant.now().plus(Cluster.SOON);
                while (streams.state() != KafkaStreams.State.RUNNING && Instant.now().isBefore(end)) {
                    Thread.sleep(50);
                }
                Thread.sleep(1000);
            }
        }
    }

    static void set(Admin admin, String group, String key, String value) throws Exception {
        var operation = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
        var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(operation))).all().get();
    }
}
