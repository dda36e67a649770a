import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeProducersResponseData.ProducerState;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.Scheduler;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Opens every log of data directories that is not about to be deleted with Kafka's own loader, says what it found, and closes them again. Usage:
 * Load clean|unclean DATA_DIR OUTPUT, any number of times these three.
 */
final class Load {
    private Load() {}

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < args.length; i += 3) {
            try (PrintStream out = new PrintStream(args[i + 2], StandardCharsets.UTF_8)) {
                loadAll(new File(args[i + 1]), args[i].equals("clean"), out);
            }
        }
        System.exit(0);
    }

    private static void loadAll(File dataDir, boolean clean, PrintStream out) throws Exception {
        Map<TopicPartition, Long> recoveryPoints = checkpoint(dataDir, "recovery-point-offset-checkpoint");
        Map<TopicPartition, Long> startOffsets = checkpoint(dataDir, "log-start-offset-checkpoint");
        File[] dirs = dataDir.listFiles(File::isDirectory);
        Arrays.sort(dirs, Comparator.comparing(File::getName));
        for (File dir : dirs) {
            if (dir.getName().endsWith("-delete")) {
                continue;
            }
            out.println("[" + dir.getName() + "]");
            try {
                TopicPartition partition = UnifiedLog.parseTopicPartitionName(dir);
                UnifiedLog log = load(dir, clean, startOffsets.getOrDefault(partition, 0L), recoveryPoints.getOrDefault(partition, 0L));
                describe(log, out);
                log.close();
            } catch (Exception | InternalError e) {
                out.println("error");
                System.err.println(dir + ": " + e);
            }
        }
    }

    private static Map<TopicPartition, Long> checkpoint(File dataDir, String name) throws Exception {
        return new OffsetCheckpointFile(new File(dataDir, name), null).read();
    }

    private static UnifiedLog load(File dir, boolean clean, long startOffset, long recoveryPoint) throws Exception {
        Properties config = new Properties();
        config.put("index.interval.bytes", "300");
        config.put("segment.index.bytes", "65536");
        return UnifiedLog.create(dir, new LogConfig(config), startOffset, recoveryPoint, new Now(), new BrokerTopicStats(),
            Time.SYSTEM, 900_000, new ProducerStateManagerConfig(86_400_000, true), 600_000, new LogDirFailureChannel(1),
            clean, Optional.empty());
    }

    private static void describe(UnifiedLog log, PrintStream out) throws Exception {
        out.println("log_start_offset " + log.logStartOffset());
        out.println("log_end_offset " + log.logEndOffset());
        out.println("recovery_point " + log.recoveryPoint());
        log.updateHighWatermark(log.logEndOffset());
        out.println("last_stable_offset " + log.lastStableOffset());
        out.println("segments " + log.numberOfSegments());
        out.println("epochs" + log.leaderEpochCache().epochEntries().stream()
            .map(entry -> " " + entry.epoch() + ":" + entry.startOffset()).collect(Collectors.joining()));
        log.activeProducers().stream().sorted(Comparator.comparingLong(ProducerState::producerId)).forEach(producer ->
            out.println("producer " + producer.producerId() + " epoch " + producer.producerEpoch()
                + " last_sequence " + producer.lastSequence() + " last_timestamp " + producer.lastTimestamp()
                + " coordinator_epoch " + producer.coordinatorEpoch() + " transaction_start " + producer.currentTxnStartOffset()));
    }

    /** Runs at once what is due at once, and never what is due later: deletions stay renames. */
    static final class Now implements Scheduler {
        /** Gives out handles that can be cancelled, of tasks that do nothing. */
        private static final ScheduledThreadPoolExecutor handles = handles();

        /** One idle thread for all logs: a pool of none spins, and one for each log would pile up threads. */
        private static ScheduledThreadPoolExecutor handles() {
            ScheduledThreadPoolExecutor handles = new ScheduledThreadPoolExecutor(1, task -> {
                Thread thread = new Thread(task, "handles");
                thread.setDaemon(true);
                return thread;
            });
            handles.setRemoveOnCancelPolicy(true);
            return handles;
        }

        @Override
        public void startup() {}

        @Override
        public void shutdown() {}

        @Override
        public ScheduledFuture<?> schedule(String name, Runnable task, long delayMs, long periodMs) {
            if (delayMs <= 0 && periodMs <= 0) {
                task.run();
            }
            return handles.schedule(() -> {}, 1, TimeUnit.DAYS);
        }

        @Override
        public void resizeThreadPool(int newSize) {}
    }
}
