import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Records of every shape, written every way a producer knows. */
final class Records {
    private final Cluster cluster;
    /** Distinguishes one phase's records from another's. */
    private final int phase;
    private final Random random;

    Records(Cluster cluster, int phase) {
        this.cluster = cluster;
        this.phase = phase;
        this.random = new Random(phase);
    }

    void codecs() throws Exception {
        for (String codec : Topics.CODECS) {
            try (Producer<byte[], byte[]> producer = cluster.producer("compression.type", codec, "enable.idempotence", "false")) {
                rounds(producer, "producer-" + codec, 12, 9);
            }
        }
        try (Producer<byte[], byte[]> producer = cluster.producer("compression.type", "lz4")) {
            for (String codec : Topics.CODECS) {
                rounds(producer, "broker-" + codec, 8, 7);
            }
            rounds(producer, "append-time-zstd", 6, 5);
        }
        try (Producer<byte[], byte[]> producer = cluster.producer()) {
            rounds(producer, "broker-gzip", 3, 5);
            rounds(producer, "append-time", 12, 5);
        }
        String[][] levels = {{"gzip", "1"}, {"gzip", "9"}, {"lz4", "1"}, {"lz4", "17"}, {"zstd", "-7"}, {"zstd", "22"}};
        for (String[] level : levels) {
            String key = "compression." + level[0] + ".level";
            try (Producer<byte[], byte[]> producer = cluster.producer("compression.type", level[0], key, level[1])) {
                rounds(producer, "levels", 2, 40);
            }
        }
    }

    /** Keys, values and headers: absent, empty, repeated, not UTF-8, beyond the basic plane, long. */
    void shapes() throws Exception {
        byte[][] texts = {
            null, {}, Cluster.bytes("plain"), Cluster.bytes("späte Grüße \u2028 日本 \uD83D\uDE80"), Cluster.bytes("tab\tquote\"\\\r\n\u0000\u001f"),
            {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xc3}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80, 'x', (byte) 0xf0, (byte) 0x9f}, new byte[1500],
        };
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (byte[] key : texts) {
            for (byte[] value : texts) {
                records.add(new ProducerRecord<>("shapes", random.nextInt(2), key, value, headers(records.size())));
            }
        }
        for (String codec : Topics.CODECS) {
            try (Producer<byte[], byte[]> producer = cluster.producer("compression.type", codec, "linger.ms", "20")) {
                Cluster.send(producer, records);
            }
        }
    }

    private static RecordHeaders headers(int n) {
        RecordHeaders headers = new RecordHeaders();
        if (n % 4 > 0) {
            headers.add("same", Cluster.bytes("first")).add("same", null).add("", new byte[0]);
        }
        if (n % 4 > 1) {
            headers.add("ключ,[]", Cluster.bytes("значение")).add("same", new byte[] {(byte) 0x80});
        }
        return headers;
    }

    /** Times that stand still, go back, are far away, or are not there. */
    void timestamps() throws Exception {
        long now = System.currentTimeMillis();
        long[] times = {now, now, now - 1, now + 5, now - 86_400_000L, 0, 1, now + 10, now + 9, now + 60_000, now};
        try (Producer<byte[], byte[]> producer = cluster.producer("batch.size", "0")) {
            for (int round = 0; round < 4; round++) {
                for (long time : times) {
                    Cluster.send(producer, List.of(new ProducerRecord<>("timestamps", 0, time + round, null, value(90))));
                }
            }
        }
        try (Producer<byte[], byte[]> producer = cluster.producer("linger.ms", "50", "compression.type", "gzip")) {
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (long time : times) {
                records.add(new ProducerRecord<>("timestamps", 0, time, null, value(20)));
            }
            Cluster.send(producer, records);
        }
    }

    void producers() throws Exception {
        for (int id = 0; id < 4; id++) {
            try (Producer<byte[], byte[]> producer = cluster.producer("enable.idempotence", "true")) {
                for (int partition = 0; partition < 3; partition++) {
                    rounds(producer, "idempotent", partition, 5 + id, 3);
                }
            }
        }
        try (Producer<byte[], byte[]> producer = cluster.producer("enable.idempotence", "false", "acks", "1")) {
            rounds(producer, "rolls-by-index", 40, 2);
            rounds(producer, "large-index", 20, 3);
            rounds(producer, "preallocated", 25, 3);
            rounds(producer, "flushed", 20, 3);
            rounds(producer, "retention", 40, 6);
            rounds(producer, "name.with_every-kind.of-Letter", 4, 3);
            rounds(producer, "to-be-deleted", 10, 3);
            rounds(producer, "streams-in", 10, 3);
            for (int i = 0; i < 3; i++) {
                rounds(producer, "rolls-by-time", 3, 2);
                Thread.sleep(250);
            }
        }
        try (Producer<byte[], byte[]> producer = cluster.producer("batch.size", "100000", "linger.ms", "20")) {
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                records.add(new ProducerRecord<>("large", 0, Cluster.bytes("k" + i), value(3000)));
            }
            Cluster.send(producer, records);
        }
    }

    /** Commits, aborts, transactions without records, offsets in transactions, and one left open. */
    void transactions() throws Exception {
        for (int id = 0; id < 3; id++) {
            try (Producer<byte[], byte[]> producer = transactional("tx-" + id)) {
                producer.initTransactions();
                for (int i = 0; i < 12; i++) {
                    producer.beginTransaction();
                    for (int batch = 0; batch <= i % 3; batch++) {
                        Cluster.send(producer, some("transactions", (id + i + batch) % 3, 2));
                        Cluster.send(producer, keyed("compacted-transactions", 2));
                    }
                    if (i % 4 == 3) {
                        var offsets = java.util.Map.of(new TopicPartition("transactions", 0),
                            new org.apache.kafka.clients.consumer.OffsetAndMetadata(i, "by transaction"));
                        producer.sendOffsetsToTransaction(offsets,
                            new org.apache.kafka.clients.consumer.ConsumerGroupMetadata("transactional-group"));
                    }
                    if ((id + i) % 3 == 0) {
                        producer.abortTransaction();
                    } else {
                        producer.commitTransaction();
                    }
                }
                producer.beginTransaction();
                producer.commitTransaction();
            }
        }
        // Never closed: its transaction is open when the node stops.
        Producer<byte[], byte[]> open = transactional("tx-open-" + phase);
        open.initTransactions();
        open.beginTransaction();
        Cluster.send(open, some("transactions", 1, 3));
        Cluster.send(open, some("transactions", 2, 1));
        try (Producer<byte[], byte[]> producer = cluster.producer()) {
            rounds(producer, "transactions", 1, 6, 2);
        }
    }

    private Producer<byte[], byte[]> transactional(String id) {
        return cluster.producer("transactional.id", id, "transaction.timeout.ms", "900000");
    }

    /** Overwritten keys and tombstones, in segments old enough to be cleaned. */
    void compaction() throws Exception {
        for (String codec : List.of("none", "zstd", "gzip")) {
            try (Producer<byte[], byte[]> producer = cluster.producer("compression.type", codec)) {
                for (int round = 0; round < 6; round++) {
                    for (String topic : List.of("compacted", "compacted-gone", "compacted-and-deleted", "compacted-transactions")) {
                        Cluster.send(producer, keyed(topic, 20));
                    }
                    Thread.sleep(150);
                }
            }
        }
    }

    static void deleteRecords(Admin admin, long before) throws Exception {
        admin.deleteRecords(java.util.Map.of(
            new TopicPartition("delete-records", 0), RecordsToDelete.beforeOffset(before),
            new TopicPartition("delete-records", 1), RecordsToDelete.beforeOffset(-1))).all().get();
    }

    void forDeletion() throws Exception {
        try (Producer<byte[], byte[]> producer = cluster.producer()) {
            rounds(producer, "delete-records", 0, 40, 3);
            rounds(producer, "delete-records", 1, 20, 3);
        }
    }

    /** Load without an end, for the node to be killed in: says so once it is under way. */
    void load() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (String codec : Topics.CODECS) {
            threads.add(new Thread(() -> loadForEver("producer-" + codec, codec)));
        }
        threads.add(new Thread(() -> loadForEver("idempotent", "none")));
        threads.add(new Thread(() -> loadForEver("preallocated", "none")));
        threads.add(new Thread(this::transactForEver));
        threads.forEach(Thread::start);
        Thread.sleep(1200);
        System.out.println("under load");
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void loadForEver(String topic, String codec) {
        try (Producer<byte[], byte[]> producer = cluster.producer("compression.type", codec, "linger.ms", "2", "max.block.ms", "2000")) {
            while (true) {
                for (ProducerRecord<byte[], byte[]> record : some(topic, 0, 20)) {
                    producer.send(record);
                }
                Thread.sleep(5);
            }
        } catch (Exception e) {
            // The node is gone, as it was meant to be.
        }
    }

    private void transactForEver() {
        try (Producer<byte[], byte[]> producer = transactional("tx-load")) {
            producer.initTransactions();
            for (int i = 0; ; i++) {
                producer.beginTransaction();
                Cluster.send(producer, some("transactions", i % 3, 4));
                if (i % 4 == 0) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
        } catch (Exception e) {
            // The node is gone, as it was meant to be.
        }
    }

    private void rounds(Producer<byte[], byte[]> producer, String topic, int batches, int records) throws Exception {
        rounds(producer, topic, 0, batches, records);
    }

    private void rounds(Producer<byte[], byte[]> producer, String topic, int partition, int batches, int records) throws Exception {
        for (int i = 0; i < batches; i++) {
            Cluster.send(producer, some(topic, partition, 1 + random.nextInt(records)));
        }
    }

    private List<ProducerRecord<byte[], byte[]>> some(String topic, int partition, int count) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] key = random.nextInt(3) == 0 ? null : Cluster.bytes("key-" + random.nextInt(1000));
            records.add(new ProducerRecord<>(topic, partition, key, value(20 + random.nextInt(200)), headers(random.nextInt(8))));
        }
        return records;
    }

    private List<ProducerRecord<byte[], byte[]>> keyed(String topic, int count) {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] value = random.nextInt(4) == 0 ? null : value(10 + random.nextInt(90));
            records.add(new ProducerRecord<>(topic, null, Cluster.bytes("key-" + random.nextInt(30)), value));
        }
        return records;
    }

    /** Text that compresses, but not to nothing. */
    private byte[] value(int length) {
        StringBuilder text = new StringBuilder("phase ").append(phase).append(' ');
        while (text.length() < length) {
            text.append(Integer.toString(random.nextInt(5000), 36)).append(random.nextInt(5) == 0 ? "; the quick brown fox " : " ");
        }
        text.setLength(length);
        return Cluster.bytes(text.toString());
    }
}
