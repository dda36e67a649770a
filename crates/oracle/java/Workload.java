import java.util.List;
import org.apache.kafka.clients.admin.Admin;

/**
 * Makes a real node write files of every kind. Usage: Workload BOOTSTRAP SASL_BOOTSTRAP PHASE, where phase 1 creates
 * everything, phases from 2 on add to it after a restart, and phase "load" writes until the node is killed.
 */
final class Workload {
    private Workload() {}

    public static void main(String[] args) throws Exception {
        Cluster cluster = new Cluster(args[0], args[1]);
        if (args[2].equals("load")) {
            new Records(cluster, 99).load();
            System.exit(0);
        }
        int phase = Integer.parseInt(args[2]);
        if (phase == 1) {
            try (Admin admin = cluster.admin()) {
                Topics.create(admin);
            }
        }
        step("settings", () -> Settings.change(cluster, phase));
        Records records = new Records(cluster, phase);
        step("codecs", records::codecs);
        step("shapes", records::shapes);
        step("timestamps", records::timestamps);
        step("producers", records::producers);
        step("transactions", records::transactions);
        step("compaction", records::compaction);
        step("deletion", records::forDeletion);
        Groups groups = new Groups(cluster, phase);
        step("consumers", groups::consumers);
        step("shares", groups::shares);
        step("streams", groups::streams);
        try (Admin admin = cluster.admin()) {
            Records.deleteRecords(admin, 17L * phase);
            if (phase == 2) {
                admin.deleteTopics(List.of("to-be-deleted")).all().get();
            }
        }
        // Open transactions hold their producers' threads; nothing may close them.
        System.exit(0);
    }

    private interface Step {
        void run() throws Exception;
    }

    private static void step(String name, Step step) throws Exception {
        long start = System.nanoTime();
        step.run();
        System.out.printf("%s %.1f s%n", name, (System.nanoTime() - start) / 1e9);
    }
}
