import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * A producer of few keys to a compacted topic that outlives its node, and the reader that judges what is left. Values grow; each is long, so
 * that segments fill. Usage: Compaction load BOOTSTRAP TOPIC ACKNOWLEDGED STOP_FILE, then Compaction verify BOOTSTRAP TOPIC ACKNOWLEDGED
 */
final class Compaction {
    private static final int KEYS = 500;
    private static final int LINE_EVERY = 200;
    private static final String PADDING = "x".repeat(1000);

    private Compaction() {}

    public static void main(String[] args) throws Exception {
        if (args[0].equals("load")) {
            load(args[1], args[2], Path.of(args[3]), Path.of(args[4]));
        } else {
            verify(args[1], args[2], Path.of(args[3]));
        }
        System.exit(0);
    }

    private static void load(String bootstrap, String topic, Path acknowledged, Path stop) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        try (Admin admin = Admin.create(properties)) {
            Map<String, String> config = Map.of("cleanup.policy", "compact", "segment.bytes", "1048576",
                "min.cleanable.dirty.ratio", "0.01", "delete.retention.ms", "100", "file.delete.delay.ms", "500");
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(config))).all().get();
        }
        properties.put("acks", "all");
        properties.put("enable.idempotence", "true");
        properties.put("delivery.timeout.ms", "600000");
        properties.put("max.block.ms", "600000");
        properties.put("request.timeout.ms", "10000");
        properties.put("reconnect.backoff.max.ms", "200");
        properties.put("compression.type", "lz4");
        properties.put("batch.size", "20000");
        properties.put("buffer.memory", "2000000");
        properties.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        properties.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        AtomicLong count = new AtomicLong();
        AtomicReference<Exception> failure = new AtomicReference<>();
        Random random = new Random(7);
        byte[] noise = new byte[700];
        try (PrintStream out = new PrintStream(acknowledged.toFile(), StandardCharsets.UTF_8);
                KafkaProducer<String, String> producer = new KafkaProducer<>(properties)) {
            for (long n = 0; !Files.exists(stop) && failure.get() == null; n++) {
                String key = "key-" + random.nextInt(KEYS);
                random.nextBytes(noise);
                String value = n + " " + Base64.getEncoder().encodeToString(noise) + PADDING;
                long number = n;
                producer.send(new ProducerRecord<>(topic, 0, key, value), (metadata, error) -> {
                    if (error != null) {
                        failure.compareAndSet(null, error);
                        return;
                    }
                    out.println(key + " " + metadata.offset() + " " + number);
                    if (count.incrementAndGet() % LINE_EVERY == 0) {
                        System.out.println(count.get());
                    }
                });
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    private static void verify(String bootstrap, String topic, Path acknowledged) throws Exception {
        Map<String, long[]> last = new HashMap<>();
        Map<Long, String> sent = new HashMap<>();
        try (BufferedReader lines = Files.newBufferedReader(acknowledged)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] parts = line.split(" ");
                last.put(parts[0], new long[] {Long.parseLong(parts[1]), Long.parseLong(parts[2])});
                sent.put(Long.parseLong(parts[1]), parts[0] + " " + parts[2]);
            }
        }
        Map<String, long[]> read = new HashMap<>();
        long records = read(bootstrap, topic, sent, read);
        Instant patience = Instant.now().plusSeconds(60);
        while (!isCleaned(records, sent.size()) && Instant.now().isBefore(patience)) {
            // The cleaner is still at work on what was left.
            read.clear();
            records = read(bootstrap, topic, sent, read);
        }
        for (Map.Entry<String, long[]> entry : last.entrySet()) {
            long[] found = read.get(entry.getKey());
            check(found != null && found[0] == entry.getValue()[0] && found[1] == entry.getValue()[1],
                "the last value of " + entry.getKey() + " was acknowledged at offset " + entry.getValue()[0] + " and is not there");
        }
        check(isCleaned(records, sent.size()), "of " + sent.size() + " records " + records + " are still there");
        System.out.println(records + " records left of " + sent.size() + ", the last of each of " + last.size() + " keys among them");
    }

    /** Whether few enough are left; what was hardly begun tells nothing. */
    private static boolean isCleaned(long records, int sent) {
        return records * 3 < sent || sent < 5000;
    }

    private static long read(String bootstrap, String topic, Map<Long, String> sent, Map<String, long[]> read) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        properties.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        TopicPartition partition = new TopicPartition(topic, 0);
        long records = 0;
        long previous = -1;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            Instant patience = Instant.now().plusSeconds(100);
            while (consumer.position(partition) < end) {
                check(Instant.now().isBefore(patience), "the end is not reached");
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    check(record.offset() > previous, record.offset() + " after " + previous);
                    previous = record.offset();
                    String number = record.value().substring(0, record.value().indexOf(' '));
                    check((record.key() + " " + number).equals(sent.get(record.offset())), "what is at " + record.offset() + " was not sent there");
                    read.put(record.key(), new long[] {record.offset(), Long.parseLong(number)});
                    records++;
                }
            }
        }
        return records;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
