import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** The topics of the workload and why each is there. */
final class Topics {
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    /** Segments that just hold a full batch of the producers, an index entry for nearly each of them. */
    private static final Map<String, String> SMALL = Map.of(
        "internal.segment.bytes", "18000", "index.interval.bytes", "300", "retention.ms", "-1");

    private final List<NewTopic> topics = new ArrayList<>();

    static void create(Admin admin) throws Exception {
        Topics topics = new Topics();
        for (String codec : CODECS) {
            // As the producer compresses, and as the broker does over again.
            topics.add("producer-" + codec, 1, Map.of());
            topics.add("broker-" + codec, 1, Map.of("compression.type", codec.equals("none") ? "uncompressed" : codec));
        }
        topics.add("levels", 1, Map.of());
        topics.add("append-time", 1, Map.of("message.timestamp.type", "LogAppendTime"));
        topics.add("append-time-zstd", 1, Map.of("message.timestamp.type", "LogAppendTime", "compression.type", "zstd"));
        topics.add("timestamps", 1, Map.of());
        topics.add("shapes", 2, Map.of());
        topics.add("idempotent", 3, Map.of());
        topics.add("transactions", 3, Map.of());
        topics.add("rolls-by-index", 1, Map.of("segment.index.bytes", "96", "internal.segment.bytes", "1048576"));
        topics.add("rolls-by-time", 1, Map.of("segment.ms", "200", "internal.segment.bytes", "1048576"));
        topics.add("large", 1, Map.of("internal.segment.bytes", "1048576", "index.interval.bytes", "4096"));
        topics.add("large-index", 1, Map.of("segment.index.bytes", "10485760"));
        topics.add("preallocated", 1, Map.of("preallocate", "true"));
        topics.add("flushed", 1, Map.of("flush.messages", "3"));
        topics.add("delete-records", 2, Map.of());
        topics.add("retention", 1, Map.of("retention.bytes", "40000", "retention.ms", "3600000"));
        topics.add("compacted", 2, compaction("delete.retention.ms", "86400000"));
        topics.add("compacted-gone", 1, compaction("delete.retention.ms", "100"));
        topics.add("compacted-transactions", 1, compaction("delete.retention.ms", "100"));
        topics.add("compacted-and-deleted", 1, compaction("cleanup.policy", "compact,delete", "retention.ms", "600000"));
        topics.add("empty", 2, Map.of());
        topics.add("to-be-deleted", 2, Map.of());
        topics.add("streams-in", 2, Map.of());
        topics.add("streams-out", 2, Map.of());
        topics.add("name.with_every-kind.of-Letter", 1, Map.of());
        admin.createTopics(topics.topics).all().get();
    }

    private static Map<String, String> compaction(String... pairs) {
        Map<String, String> config = new TreeMap<>(Map.of(
            "cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01", "segment.ms", "500"));
        for (int i = 0; i < pairs.length; i += 2) {
            config.put(pairs[i], pairs[i + 1]);
        }
        return config;
    }

    private void add(String name, int partitions, Map<String, String> special) {
        Map<String, String> config = new TreeMap<>(SMALL);
        config.putAll(special);
        topics.add(new NewTopic(name, partitions, (short) 1).configs(config));
    }
}
