import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
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
 * An idempotent producer that outlives its node, and the reader that judges what is left. Each partition is sent 0, 1, 2, ...
 * Usage: Crash load BOOTSTRAP TOPIC PARTITIONS ACKNOWLEDGED STOP_FILE [PAUSE_MS], then Crash verify BOOTSTRAP TOPIC PARTITIONS ACKNOWLEDGED
 */
final class Crash {
    private static final int LINE_EVERY = 1000;

    private Crash() {}

    public static void main(String[] args) throws Exception {
        int partitions = Integer.parseInt(args[3]);
        if (args[0].equals("load")) {
            long pause = args.length > 6 ? Long.parseLong(args[6]) : 0;
            load(args[1], args[2], partitions, args[4], Path.of(args[5]), pause);
        } else {
            verify(args[1], args[2], partitions, Path.of(args[4]));
        }
        System.exit(0);
    }

    private static void load(String bootstrap, String topic, int partitions, String acknowledged, Path stop, long pause)
            throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        try (Admin admin = Admin.create(properties)) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
        properties.put("acks", "all");
        properties.put("enable.idempotence", "true");
        properties.put("delivery.timeout.ms", "600000");
        properties.put("max.block.ms", "600000");
        properties.put("request.timeout.ms", "10000");
        properties.put("reconnect.backoff.max.ms", "200");
        properties.put("linger.ms", "1");
        properties.put("batch.size", "2000");
        properties.put("buffer.memory", "200000");
        properties.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        properties.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        AtomicLong count = new AtomicLong();
        AtomicReference<Exception> failure = new AtomicReference<>();
        try (PrintStream out = new PrintStream(acknowledged, StandardCharsets.UTF_8);
                KafkaProducer<String, String> producer = new KafkaProducer<>(properties)) {
            for (long n = 0; !Files.exists(stop) && failure.get() == null; n++) {
                for (int partition = 0; partition < partitions; partition++) {
                    String value = Long.toString(n);
                    producer.send(new ProducerRecord<>(topic, partition, "key", value), (metadata, error) -> {
                        if (error != null) {
                            failure.compareAndSet(null, error);
                            return;
                        }
                        out.println(metadata.partition() + " " + metadata.offset() + " " + value);
                        if (count.incrementAndGet() % LINE_EVERY == 0) {
                            System.out.println(count.get());
                        }
                    });
                }
                Thread.sleep(pause);
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw failure.get();
        }
    }

    private static void verify(String bootstrap, String topic, int partitions, Path acknowledged) throws Exception {
        List<List<String>> read = read(bootstrap, topic, partitions);
        for (int partition = 0; partition < partitions; partition++) {
            List<String> values = read.get(partition);
            for (int offset = 0; offset < values.size(); offset++) {
                check(values.get(offset).equals(Integer.toString(offset)),
                    topic + "-" + partition + " has " + values.get(offset) + " at offset " + offset);
            }
        }
        long count = 0;
        try (BufferedReader lines = Files.newBufferedReader(acknowledged)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] parts = line.split(" ");
                List<String> values = read.get(Integer.parseInt(parts[0]));
                int offset = Integer.parseInt(parts[1]);
                check(offset < values.size() && values.get(offset).equals(parts[2]), "acknowledged and not there: " + line);
                count++;
            }
        }
        long records = read.stream().mapToLong(List::size).sum();
        check(records == count, records + " records are there, " + count + " were acknowledged");
        System.out.println(records + " records, all acknowledged, in order, once");
    }

    private static List<List<String>> read(String bootstrap, String topic, int partitions) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        properties.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        List<List<String>> read = new ArrayList<>();
        List<TopicPartition> assigned = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            read.add(new ArrayList<>());
            assigned.add(new TopicPartition(topic, partition));
        }
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(properties)) {
            consumer.assign(assigned);
            consumer.seekToBeginning(assigned);
            Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(assigned));
            Instant end = Instant.now().plusSeconds(100);
            while (ends.entrySet().stream().anyMatch(entry -> consumer.position(entry.getKey()) < entry.getValue())) {
                check(Instant.now().isBefore(end), "the end is not reached");
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    List<String> values = read.get(record.partition());
                    check(record.offset() == values.size(), record + " after " + values.size());
                    values.add(record.value());
                }
            }
        }
        return read;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
