import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads every record of every topic of a node from its first offset to its last. Usage: Check BOOTSTRAP OUTPUT, where
 * OUTPUT gets the end of each partition in the words of {@link Load}.
 */
final class Check {
    private Check() {}

    public static void main(String[] args) throws Exception {
        Cluster cluster = new Cluster(args[0], "");
        try (Admin admin = cluster.admin(); PrintStream out = new PrintStream(args[1], StandardCharsets.UTF_8)) {
            Map<TopicPartition, Long> ends = ends(admin);
            readAll(cluster, ends);
            ends.forEach((partition, end) -> out.println("[" + partition + "]\nlog_end_offset " + end));
        }
        System.exit(0);
    }

    private static Map<TopicPartition, Long> ends(Admin admin) throws Exception {
        var topics = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (TopicDescription topic : admin.describeTopics(topics).allTopicNames().get().values()) {
            topic.partitions().forEach(info -> wanted.put(new TopicPartition(topic.name(), info.partition()), OffsetSpec.latest()));
        }
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(wanted).all().get().forEach((partition, info) -> ends.put(partition, info.offset()));
        return ends;
    }

    private static void readAll(Cluster cluster, Map<TopicPartition, Long> ends) {
        try (Consumer<byte[], byte[]> consumer = cluster.consumer("check.crcs", "true", "max.poll.records", "5000")) {
            List<TopicPartition> partitions = new ArrayList<>(ends.keySet());
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long records = 0;
            Instant end = Instant.now().plus(Cluster.SOON);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                if (Instant.now().isAfter(end)) {
                    throw new IllegalStateException("the end of a partition is not reached");
                }
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(200));
                records += polled.count();
            }
            System.out.println("read " + records + " records");
        }
    }
}
