import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** A tutorial's consumer, which commits what it has read. Usage: Tutorial BOOTSTRAP TOPIC RECORDS */
final class Tutorial {
    private Tutorial() {}

    public static void main(String[] args) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("group.id", "tutorial-java");
        properties.put("enable.auto.commit", "false");
        properties.put("max.poll.records", "100");
        properties.put("auto.offset.reset", "earliest");
        properties.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        properties.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        int wanted = Integer.parseInt(args[2]);
        Map<TopicPartition, Long> next = new HashMap<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties)) {
            consumer.subscribe(List.of(args[1]));
            Instant end = Instant.now().plusSeconds(60);
            for (int read = 0; read < wanted; ) {
                check(Instant.now().isBefore(end), "read " + read + " of " + wanted);
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(500));
                check(records.count() <= 100, "polled " + records.count());
                for (ConsumerRecord<String, String> record : records) {
                    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                    long expected = next.getOrDefault(partition, 0L);
                    check(record.offset() == expected, partition + ": " + record.offset() + " where " + expected + " was due");
                    next.put(partition, expected + 1);
                }
                read += records.count();
                if (!records.isEmpty()) {
                    consumer.commitSync();
                }
            }
            Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(next.keySet());
            next.forEach((partition, offset) -> check(committed.get(partition).offset() == offset, partition + ": " + committed));
        }
        System.exit(0);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
