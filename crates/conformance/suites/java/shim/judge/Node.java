package judge;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** One server process: its properties file, its storage, its life. */
final class Node {
    private static final Set<Process> LIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> LIVE.forEach(Process::destroyForcibly)));
    }

    final int id;
    final boolean broker;
    final boolean controller;
    final Map<String, Integer> ports;
    final Map<String, String> props;
    private final Path dir;
    private final Path config;
    private final Path log;
    private Process process;
    private volatile boolean wanted;

    Node(int id, boolean broker, boolean controller, Path dir, Map<String, Integer> ports, Map<String, String> props)
            throws IOException {
        this.id = id;
        this.broker = broker;
        this.controller = controller;
        this.ports = ports;
        this.props = props;
        this.dir = dir;
        this.config = dir.resolve("server.properties");
        this.log = dir.resolve("server.log");
        Files.createDirectories(dir);
        StringBuilder text = new StringBuilder();
        props.forEach((k, v) -> text.append(k).append('=')
            .append(v.replace("\\", "\\\\").replace("\n", "\\n")).append('\n'));
        Files.writeString(config, text);
    }

    private String fill(String template, String clusterId, String args) {
        return template.replace("{config}", config.toString()).replace("{clusterid}", clusterId)
            .replace("{nodeid}", Integer.toString(id)).replace("{args}", args).replace("{dir}", dir.toString());
    }

    void format(String template, String clusterId, List<String> args) throws IOException, InterruptedException {
        if (template.equals("inprocess")) {
            List<String> all = new ArrayList<>(List.of("format", "-t", clusterId, "-c", config.toString()));
            all.addAll(args);
            int rc;
            try (PrintStream out = new PrintStream(Files.newOutputStream(log), true, StandardCharsets.UTF_8)) {
                rc = kafka.tools.StorageTool.execute(all.toArray(new String[0]), out);
            }
            if (rc != 0) throw new IOException("format of node " + id + " failed: " + tail());
            return;
        }
        String quoted = String.join(" ", args);
        Process p = spawn(fill(template, clusterId, quoted));
        if (!p.waitFor(60, TimeUnit.SECONDS)) {
            p.destroyForcibly();
            throw new IOException("format of node " + id + " did not end in 60 s");
        }
        LIVE.remove(p);
        if (p.exitValue() != 0) throw new IOException("format of node " + id + " failed: " + tail());
    }

    private Process spawn(String command) throws IOException {
        ProcessBuilder b = new ProcessBuilder("/bin/sh", "-c", "exec " + command);
        b.directory(dir.toFile()).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Process p = b.start();
        LIVE.add(p);
        return p;
    }

    void start(String template, String clusterId) throws IOException {
        if (alive()) throw new IllegalStateException("node " + id + " runs already");
        process = spawn(fill(template, clusterId, ""));
        wanted = true;
    }

    /** Started and not stopped by us. */
    boolean wanted() {
        return wanted;
    }

    boolean alive() {
        return process != null && process.isAlive();
    }

    /** SIGTERM and wait; SIGKILL after the time given. */
    void terminate(long seconds) {
        wanted = false;
        if (process == null) return;
        process.destroy();
        await(seconds);
        kill();
    }

    void await(long seconds) {
        try {
            if (process != null && process.waitFor(seconds, TimeUnit.SECONDS)) wanted = false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void kill() {
        wanted = false;
        if (process == null) return;
        process.destroyForcibly();
        await(10);
        LIVE.remove(process);
    }

    void keepLog(Path to) throws IOException {
        Files.createDirectories(to);
        if (Files.exists(log)) Files.copy(log, to.resolve("node-" + id + ".log"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Files.copy(config, to.resolve("node-" + id + ".properties"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    String tail() {
        try (RandomAccessFile f = new RandomAccessFile(log.toFile(), "r")) {
            byte[] b = new byte[(int) Math.min(1500, f.length())];
            f.seek(f.length() - b.length);
            f.readFully(b);
            return new String(b, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "(no log)";
        }
    }

    static void deleteTree(Path root) {
        File[] children = root.toFile().listFiles();
        if (children != null && !Files.isSymbolicLink(root)) Arrays.stream(children).forEach(c -> deleteTree(c.toPath()));
        root.toFile().delete();
    }
}
