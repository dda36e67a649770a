import java.io.File;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Cleans every log of a data directory with Kafka's own cleaner, from its start to its last stable offset, once for each time given, and
 * closes it. Usage: Compact DATA_DIR MAP_BYTES TIME_MS...
 */
final class Compact {
    private Compact() {}

    public static void main(String[] args) throws Exception {
        File dataDir = new File(args[0]);
        int mapBytes = Integer.parseInt(args[1]);
        Map<TopicPartition, Long> startOffsets =
            new OffsetCheckpointFile(new File(dataDir, "log-start-offset-checkpoint"), null).read();
        File[] dirs = dataDir.listFiles(File::isDirectory);
        Arrays.sort(dirs, Comparator.comparing(File::getName));
        for (File dir : dirs) {
            TopicPartition partition = UnifiedLog.parseTopicPartitionName(dir);
            UnifiedLog log = load(dir, startOffsets.getOrDefault(partition, 0L));
            log.updateHighWatermark(log.logEndOffset());
            Throttler throttler = new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", Time.SYSTEM);
            Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(mapBytes), 65_536, 1_048_588, 0.9, throttler, Time.SYSTEM, any -> {});
            for (String time : Arrays.asList(args).subList(2, args.length)) {
                long uncleanable = Math.min(log.lastStableOffset(), log.activeSegment().baseOffset());
                LogToClean toClean = new LogToClean(log, log.logStartOffset(), uncleanable, false);
                if (toClean.cleanableBytes() > 0) {
                    cleaner.doClean(toClean, Long.parseLong(time));
                }
            }
            log.close();
        }
        System.exit(0);
    }

    private static UnifiedLog load(File dir, long startOffset) throws Exception {
        Properties config = new Properties();
        config.put("cleanup.policy", "compact");
        config.put("delete.retention.ms", "1000");
        config.put("internal.segment.bytes", "9000");
        config.put("index.interval.bytes", "300");
        config.put("segment.index.bytes", "65536");
        return UnifiedLog.create(dir, new LogConfig(config), startOffset, 0, new Load.Now(), new BrokerTopicStats(),
            Time.SYSTEM, 900_000, new ProducerStateManagerConfig(86_400_000, true), 600_000, new LogDirFailureChannel(1),
            true, Optional.empty());
    }
}
