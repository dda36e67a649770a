import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * A copier that moves records from topic to topic in transactions, and the reader that judges what has come through. Each partition
 * has 0, 1, 2, ...
 * Usage: Transactions copy BOOTSTRAP FROM TO ID STOP_FILE, then Transactions verify BOOTSTRAP TOPIC PARTITIONS ACKNOWLEDGED
 */
final class Transactions {
    private static final int LINE_EVERY = 5;
    private static final int ABORT_ONE_IN = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private Transactions() {}

    public static void main(String[] args) throws Exception {
        if (args[0].equals("copy")) {
            copy(args[1], args[2], args[3], args[4], Path.of(args[5]));
        } else {
            verify(args[1], args[2], Integer.parseInt(args[3]), Path.of(args[4]));
        }
        System.exit(0);
    }

    /** Copies until it is told to stop. Whatever goes wrong, it begins anew from the offsets that were committed. */
    private static void copy(String bootstrap, String from, String to, String id, Path stop) {
        Random random = new Random();
        while (!Files.exists(stop)) {
            KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerProperties(bootstrap, id));
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerProperties(bootstrap, id))) {
                producer.initTransactions();
                consumer.subscribe(List.of(from));
                long count = 0;
                while (!Files.exists(stop)) {
                    ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
                    if (records.isEmpty()) {
                        continue;
                    }
                    producer.beginTransaction();
                    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                    for (ConsumerRecord<byte[], byte[]> record : records) {
                        producer.send(new ProducerRecord<>(to, record.partition(), record.key(), record.value()));
                        offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
                    }
                    producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                    if (random.nextInt(ABORT_ONE_IN) == 0) {
                        producer.abortTransaction();
                        rewind(consumer);
                        continue;
                    }
                    producer.commitTransaction();
                    count++;
                    if (count % LINE_EVERY == 0) {
                        System.out.println(count);
                    }
                }
            } catch (KafkaException error) {
                System.err.println("begins anew: " + error);
            } finally {
                producer.close(Duration.ZERO);
            }
        }
    }

    private static void rewind(KafkaConsumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
        for (TopicPartition partition : consumer.assignment()) {
            OffsetAndMetadata offset = committed.get(partition);
            if (offset == null) {
                consumer.seekToBeginning(List.of(partition));
            } else {
                consumer.seek(partition, offset.offset());
            }
        }
    }

    private static Properties producerProperties(String bootstrap, String id) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("transactional.id", id);
        properties.put("transaction.timeout.ms", "30000");
        properties.put("max.block.ms", "30000");
        properties.put("reconnect.backoff.max.ms", "200");
        properties.put("linger.ms", "1");
        properties.put("key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        properties.put("value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
        return properties;
    }

    private static Properties consumerProperties(String bootstrap, String id) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("group.id", id);
        // Whoever is started in place of one that was killed is the same member.
        properties.put("group.instance.id", id);
        properties.put("session.timeout.ms", "20000");
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        properties.put("isolation.level", "read_committed");
        properties.put("reconnect.backoff.max.ms", "200");
        properties.put("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        properties.put("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        return properties;
    }

    /** Waits until everything has come through that was acknowledged at the beginning: in order, and once. */
    private static void verify(String bootstrap, String topic, int partitions, Path acknowledged) throws Exception {
        long[] expected = new long[partitions];
        try (BufferedReader lines = Files.newBufferedReader(acknowledged)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                expected[Integer.parseInt(line.split(" ")[0])]++;
            }
        }
        long[] read = new long[partitions];
        List<TopicPartition> assigned = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            assigned.add(new TopicPartition(topic, partition));
        }
        Properties properties = consumerProperties(bootstrap, "verify");
        properties.remove("group.instance.id");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
            consumer.assign(assigned);
            consumer.seekToBeginning(assigned);
            Instant end = Instant.now().plus(PATIENCE);
            while (!Arrays.equals(read, expected) || !isAtEnd(consumer, assigned)) {
                check(Instant.now().isBefore(end), topic + " has " + Arrays.toString(read) + " of " + Arrays.toString(expected));
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    String value = new String(record.value());
                    check(value.equals(Long.toString(read[record.partition()])),
                        topic + "-" + record.partition() + " has " + value + " in place of " + read[record.partition()]);
                    read[record.partition()]++;
                }
            }
        }
        System.out.println(Arrays.stream(read).sum() + " records, each once, in order");
    }

    private static boolean isAtEnd(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        return ends.entrySet().stream().allMatch(entry -> consumer.position(entry.getKey()) >= entry.getValue());
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
