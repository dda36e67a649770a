package judge;

import kafka.server.ControllerServer;
import kafka.server.KafkaBroker;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.test.ClusterInstance;
import org.apache.kafka.common.test.JaasUtils;
import org.apache.kafka.common.test.api.ClusterConfig;
import org.apache.kafka.common.test.api.TestKitDefaults;
import org.apache.kafka.common.test.api.Type;
import org.apache.kafka.server.authorizer.Authorizer;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.fault.FaultHandlerException;

import org.opentest4j.TestAbortedException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** A cluster of external server processes behind the interface that Apache Kafka's cluster tests are written to. */
public class ExternalCluster implements ClusterInstance {
    public static final AtomicInteger STARTED = new AtomicInteger();

    private static final String HOST = env("SHIM_HOST", "localhost");
    private static final String FORMAT = env("SERVER_FORMAT_CMD", "inprocess");
    private static final String START = env("SERVER_START_CMD", null);
    private static final long START_TIMEOUT_S = Long.parseLong(env("SHIM_START_TIMEOUT_S", "60"));
    /** Every cluster is one combined node, and what is kept in several replicas is kept in one. */
    static final boolean ONE_NODE = env("SHIM_ONE_NODE", "0").equals("1");
    private static final Path WORK = Path.of(env("SHIM_WORK", System.getProperty("java.io.tmpdir")));
    private static final int PORT_BASE = Integer.parseInt(env("SHIM_PORT_BASE", "21000"));
    private static final int PORT_COUNT = Integer.parseInt(env("SHIM_PORT_COUNT", "8000"));
    private static final AtomicInteger NEXT_PORT = new AtomicInteger((int) (ProcessHandle.current().pid() * 37 % PORT_COUNT));

    protected final Internals internals = new Internals(this);
    private final ClusterConfig config;
    private final boolean combined;
    private final String clusterId = Uuid.randomUuid().toString();
    private final Map<Integer, Node> nodes = new TreeMap<>();
    private final Set<Integer> brokerIds = new TreeSet<>();
    private final Set<Integer> controllerIds = new TreeSet<>();
    private String label = "test";
    private Path dir;
    private final boolean repeated;
    private boolean started;
    private boolean stopped;

    public ExternalCluster(ClusterConfig config, boolean combined) {
        this.repeated = ONE_NODE && combined && config.clusterTypes().contains(Type.KRAFT);
        this.config = config = ONE_NODE ? oneNode(config) : config;
        this.combined = combined = combined || ONE_NODE;
        int first = combined ? TestKitDefaults.BROKER_ID_OFFSET : TestKitDefaults.CONTROLLER_ID_OFFSET;
        for (int i = 0; i < config.numControllers(); i++) controllerIds.add(first + i);
        for (int i = 0; i < config.numBrokers(); i++) brokerIds.add(TestKitDefaults.BROKER_ID_OFFSET + i);
    }

    private static ClusterConfig oneNode(ClusterConfig config) {
        Map<String, String> properties = new TreeMap<>(config.serverProperties());
        properties.replaceAll((key, value) -> key.endsWith(".replication.factor") || key.endsWith(".min.isr") ? "1" : value);
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic"))
            properties.put(topic + ".replication.factor", "1");
        for (String topic : List.of("transaction.state.log", "share.coordinator.state.topic"))
            properties.put(topic + ".min.isr", "1");
        Map<Integer, Map<String, String>> own = new TreeMap<>(config.perServerOverrideProperties());
        own.keySet().retainAll(Set.of(TestKitDefaults.BROKER_ID_OFFSET));
        return ClusterConfig.builder(config).setBrokers(1).setControllers(1).setServerProperties(properties)
            .setPerServerProperties(own).build();
    }

    private static String env(String name, String fallback) {
        String v = System.getenv(name);
        return v == null || v.isEmpty() ? fallback : v;
    }

    public void label(String label) {
        this.label = label;
    }

    public Internals internals() {
        return internals;
    }

    // ---- what cannot be asked of an external server ----

    /** Server-side Java classes that are not part of the server itself (test policies, callbacks, reporters). */
    public void checkSupported() {
        if (env("SHIM_TYPES", "all").equalsIgnoreCase("isolated") && combined
            || env("SHIM_TYPES", "all").equalsIgnoreCase("combined") && !combined)
            throw new TestAbortedException("variant not chosen (SHIM_TYPES)");
        if (repeated) throw new TestAbortedException("the other variant is the same cluster of one node");
        checkPlugins(config.serverProperties());
        config.perServerOverrideProperties().values().forEach(this::checkPlugins);
    }

    private void checkPlugins(Map<String, String> props) {
        props.forEach((key, value) -> {
            for (String name : value.split(",")) {
                if (!name.trim().matches("[a-z][\\w]*(\\.[\\w$]+)+")) continue;
                try {
                    CodeSource from = Class.forName(name.trim(), false, getClass().getClassLoader()).getProtectionDomain().getCodeSource();
                    if (from != null && from.getLocation().getPath().matches(".*(-test|integration-tests|test-common).*\\.jar"))
                        throw new TestAbortedException("server-side Java plug-in: " + key + "=" + name.trim());
                } catch (ClassNotFoundException | LinkageError e) {
                    // not a class name
                }
            }
        });
    }

    @Override
    public Map<Integer, KafkaBroker> brokers() {
        return internals.brokers(brokerIds);
    }

    @Override
    public Map<Integer, KafkaBroker> aliveBrokers() {
        return internals.brokers(liveBrokers().stream().map(n -> n.id).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Override
    public Map<Integer, ControllerServer> controllers() {
        return internals.controllers(controllerIds);
    }

    @Override
    public List<Authorizer> authorizers() {
        throw internals.abort("authorizers()");
    }

    @Override
    public Optional<FaultHandlerException> firstFatalException() {
        if (nodes.values().stream().allMatch(Node::alive)) return Optional.empty();
        throw internals.abort("firstFatalException()");
    }

    @Override
    public Optional<FaultHandlerException> firstNonFatalException() {
        throw internals.abort("firstNonFatalException()");
    }

    // ---- facts ----

    @Override public Type type() { return combined ? Type.CO_KRAFT : Type.KRAFT; }
    @Override public ClusterConfig config() { return config; }
    @Override public Set<Integer> controllerIds() { return controllerIds; }
    @Override public Set<Integer> brokerIds() { return brokerIds; }
    @Override public ListenerName clientListener() { return config.brokerListenerName(); }
    @Override public ListenerName controllerListenerName() { return config.controllerListenerName(); }
    @Override public String clusterId() { return clusterId; }
    @Override public boolean started() { return started; }
    @Override public boolean stopped() { return stopped; }

    int port(int id, String listener) {
        Integer port = nodes.get(id).ports.get(listener);
        if (port == null) throw new IllegalArgumentException("no listener " + listener + " on node " + id);
        return port;
    }

    MetadataResponse metadata(int id, List<String> topics) throws IOException {
        if (config.brokerSecurityProtocol() != SecurityProtocol.PLAINTEXT) throw internals.abort("MetadataCache");
        return Wire.metadata(HOST, port(id, clientListener().value()), topics);
    }

    Map<String, Uuid> topicIds() throws Exception {
        try (Admin admin = admin()) {
            return admin.listTopics(new ListTopicsOptions().listInternal(true)).listings().get(10, TimeUnit.SECONDS)
                .stream().collect(Collectors.toMap(TopicListing::name, TopicListing::topicId));
        }
    }

    boolean alive(int id) {
        return nodes.get(id).alive();
    }

    Map<String, String> properties(int id) {
        return nodes.get(id).props;
    }

    void awaitExit(int id) {
        nodes.get(id).await(60);
    }

    private List<Node> liveBrokers() {
        return nodes.values().stream().filter(n -> n.broker && n.alive()).toList();
    }

    private List<Integer> boundPorts(Set<Integer> ids, ListenerName listener) {
        return ids.stream().map(id -> port(id, listener.value())).toList();
    }

    @Override
    public List<Integer> brokerBoundPorts() {
        return boundPorts(brokerIds, clientListener());
    }

    @Override
    public List<Integer> controllerBoundPorts() {
        return boundPorts(controllerIds, controllerListenerName());
    }

    private String addresses(List<Integer> ports) {
        return ports.stream().map(p -> HOST + ":" + p).collect(Collectors.joining(","));
    }

    @Override
    public String bootstrapServers() {
        return addresses(brokerBoundPorts());
    }

    @Override
    public String bootstrapControllers() {
        return addresses(controllerBoundPorts());
    }

    @Override
    public Set<GroupProtocol> supportedGroupProtocols() {
        Short level = config.features().get(Feature.GROUP_VERSION);
        int groupVersion = level != null ? level : Feature.GROUP_VERSION.defaultLevel(config.metadataVersion());
        return groupVersion >= 1 ? Set.of(GroupProtocol.CLASSIC, GroupProtocol.CONSUMER) : Set.of(GroupProtocol.CLASSIC);
    }

    // ---- configuration ----

    private static int freePort() throws IOException {
        for (int i = 0; i < PORT_COUNT; i++) {
            int port = PORT_BASE + NEXT_PORT.getAndIncrement() % PORT_COUNT;
            try (ServerSocket s = new ServerSocket()) {
                s.setReuseAddress(true);
                s.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
                return port;
            } catch (IOException e) {
                // taken: try the next
            }
        }
        throw new IOException("no free port from " + PORT_BASE);
    }

    private Map<String, String> nodeProperties(int id, boolean broker, boolean controller, Map<String, Integer> ports,
                                               String voters, Path nodeDir) throws IOException {
        Map<String, String> own = config.perServerOverrideProperties().getOrDefault(id, Map.of());
        Map<String, String> p = new TreeMap<>(config.serverProperties());
        String brokerListener = config.brokerListenerName().value();
        String controllerListener = config.controllerListenerName().value();
        p.put("process.roles", broker && controller ? "broker,controller" : broker ? "broker" : "controller");
        p.put("node.id", Integer.toString(id));
        p.put("server.max.startup.time.ms", "600000");
        if (controller) sasl(p, config.controllerSecurityProtocol());
        if (broker) sasl(p, config.brokerSecurityProtocol());
        List<String> dirs = new ArrayList<>();
        for (int i = 0; i < (broker ? config.numDisksPerBroker() : 1); i++) dirs.add(nodeDir.resolve("data" + i).toString());
        p.put("log.dirs", String.join(",", dirs));
        p.put("metadata.log.dir", dirs.get(0));
        p.putIfAbsent("listener.security.protocol.map", brokerListener + ":" + config.brokerSecurityProtocol() + ","
            + controllerListener + ":" + config.controllerSecurityProtocol());
        p.putIfAbsent("listeners", (broker ? brokerListener + "://" + HOST + ":0" : "") + (broker && controller ? "," : "")
            + (controller ? controllerListener + "://" + HOST + ":0" : ""));
        p.putIfAbsent("inter.broker.listener.name", brokerListener);
        p.putIfAbsent("controller.listener.names", controllerListener);
        p.put(config.standalone() ? "controller.quorum.bootstrap.servers" : "controller.quorum.voters", voters);
        p.putIfAbsent("log.cleaner.dedupe.buffer.size", "2097152");
        if (!controller) p.remove("controller.quorum.auto.join.enable");
        p.putAll(own);
        p.putIfAbsent("unstable.feature.versions.enable", "true");
        p.putIfAbsent("unstable.api.versions.enable", "true");
        p.put("listeners", withPorts(p.get("listeners"), ports));
        if (p.containsKey("advertised.listeners")) p.put("advertised.listeners", withPorts(p.get("advertised.listeners"), ports));
        return p;
    }

    /** Port 0 would be the server's own choice, which we could not learn: choose for it. */
    private static String withPorts(String listeners, Map<String, Integer> ports) throws IOException {
        List<String> out = new ArrayList<>();
        for (String l : listeners.split(",")) {
            String name = l.trim().substring(0, l.trim().indexOf("://"));
            int colon = l.trim().lastIndexOf(':');
            int port = Integer.parseInt(l.trim().substring(colon + 1));
            if (port == 0) {
                if (!ports.containsKey(name)) ports.put(name, freePort());
                port = ports.get(name);
            }
            ports.putIfAbsent(name, port);
            out.add(l.trim().substring(0, colon + 1) + port);
        }
        return String.join(",", out);
    }

    private void sasl(Map<String, String> p, SecurityProtocol protocol) {
        if (protocol != SecurityProtocol.SASL_PLAINTEXT) return;
        p.putIfAbsent("sasl.enabled.mechanisms", "PLAIN");
        p.putIfAbsent("sasl.mechanism.inter.broker.protocol", "PLAIN");
        p.putIfAbsent("sasl.mechanism.controller.protocol", "PLAIN");
        p.putIfAbsent("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        p.putIfAbsent("allow.everyone.if.no.acl.found", "false");
        p.putIfAbsent("super.users", "User:" + JaasUtils.KAFKA_PLAIN_ADMIN);
        String jaas = String.format("org.apache.kafka.common.security.plain.PlainLoginModule required "
                + "username=\"%1$s\" password=\"%2$s\" user_%1$s=\"%2$s\" user_%3$s=\"%4$s\";",
            JaasUtils.KAFKA_PLAIN_ADMIN, JaasUtils.KAFKA_PLAIN_ADMIN_PASSWORD,
            JaasUtils.KAFKA_PLAIN_USER1, JaasUtils.KAFKA_PLAIN_USER1_PASSWORD);
        for (ListenerName l : List.of(config.brokerListenerName(), config.controllerListenerName()))
            p.putIfAbsent(l.configPrefix() + "plain.sasl.jaas.config", jaas);
    }

    /** Tests that name no metadata version get the newest one of the jars, which is not released yet: take the newest released. */
    private String releaseVersion() {
        MetadataVersion v = config.metadataVersion();
        boolean released = env("SHIM_METADATA_VERSION", "production").equals("production");
        return (released && v == MetadataVersion.latestTesting() ? MetadataVersion.latestProduction() : v).version();
    }

    public void format() throws Exception {
        if (dir != null) return;
        dir = Files.createTempDirectory(Files.createDirectories(WORK), "cluster-");
        Map<Integer, Map<String, Integer>> ports = new LinkedHashMap<>();
        Set<Integer> ids = new TreeSet<>(brokerIds);
        ids.addAll(controllerIds);
        for (int id : ids) ports.put(id, new LinkedHashMap<>());
        for (int id : controllerIds) ports.get(id).put(config.controllerListenerName().value(), freePort());
        String voters = controllerIds.stream()
            .map(id -> (config.standalone() ? "" : id + "@") + HOST + ":" + ports.get(id).get(config.controllerListenerName().value()))
            .collect(Collectors.joining(","));
        for (int id : ids) {
            boolean broker = brokerIds.contains(id);
            boolean controller = controllerIds.contains(id);
            Path nodeDir = dir.resolve("node-" + id);
            nodes.put(id, new Node(id, broker, controller, nodeDir, ports.get(id),
                nodeProperties(id, broker, controller, ports.get(id), voters, nodeDir)));
        }
        List<String> args = new ArrayList<>(List.of("--release-version", releaseVersion()));
        config.features().forEach((f, level) -> {
            if (!f.featureName().equals("metadata.version")) args.addAll(List.of("--feature", f.featureName() + "=" + level));
        });
        boolean first = true;
        for (Node n : nodes.values()) {
            List<String> all = new ArrayList<>(args);
            if (config.standalone() && n.controller) {
                all.add(first ? "--standalone" : "--no-initial-controllers");
                first = false;
            }
            n.format(FORMAT, clusterId, all);
        }
    }

    // ---- life ----

    @Override
    public void start() {
        if (started) return;
        started = true;
        STARTED.incrementAndGet();
        Hooks.current = this;
        try {
            format();
            for (Node n : nodes.values()) n.start(START, clusterId);
            waitForReadyBrokers();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Exception e) {
            throw new RuntimeException("cluster did not start: " + e.getMessage(), e);
        }
    }

    @Override
    public void stop() {
        if (stopped) return;
        stopped = true;
        nodes.values().forEach(Node::kill);
        if (dir != null && !env("SHIM_KEEP", "0").equals("1")) Node.deleteTree(dir);
    }

    @Override
    public void shutdownBroker(int id) {
        if (!nodes.containsKey(id)) throw new IllegalArgumentException("no broker " + id);
        // the original stops the broker half of a combined node only; the process would take the quorum with it
        if (controllerIds.contains(id) && controllerIds.size() == 1) throw internals.abort("broker half of a combined node");
        nodes.get(id).terminate(60);
    }

    @Override
    public void startBroker(int id) {
        if (!nodes.containsKey(id)) throw new IllegalArgumentException("no broker " + id);
        try {
            nodes.get(id).start(START, clusterId);
            waitForReadyBrokers();
        } catch (IOException | InterruptedException e) {
            throw new RuntimeException(e);
        }
    }

    public void keepLogs() {
        Path to = WORK.resolve("failed").resolve(label + "-" + ProcessHandle.current().pid() + "-" + STARTED.get());
        for (Node n : nodes.values()) {
            try {
                n.keepLog(to);
            } catch (IOException e) {
                System.err.println("log of node " + n.id + " not kept: " + e);
            }
        }
    }

    /** Every live broker accepts connections and knows every live broker. */
    @Override
    public void waitForReadyBrokers() throws InterruptedException {
        for (Node n : nodes.values()) {
            if (n.wanted()) poll(START_TIMEOUT_S, "node " + n.id + " does not listen", () -> {
                if (!n.alive()) throw new IllegalStateException("node " + n.id + " has exited: " + n.tail());
                for (int port : n.ports.values()) new Socket(HOST, port).close();
                return true;
            });
        }
        Set<Integer> expected = liveBrokers().stream().map(n -> n.id).collect(Collectors.toSet());
        if (expected.isEmpty()) return;
        if (config.brokerSecurityProtocol() != SecurityProtocol.PLAINTEXT) {
            poll(START_TIMEOUT_S, "brokers do not all register", () -> withAdmin(a -> a.describeCluster().nodes().get(5, TimeUnit.SECONDS)
                .stream().map(org.apache.kafka.common.Node::id).collect(Collectors.toSet()).containsAll(expected)));
            return;
        }
        for (Node n : liveBrokers())
            poll(START_TIMEOUT_S, "broker " + n.id + " does not know all of " + expected, () -> {
                if (!n.alive()) throw new IllegalStateException("node " + n.id + " has exited: " + n.tail());
                return Wire.metadata(HOST, port(n.id, clientListener().value()), List.of()).brokers()
                    .stream().map(org.apache.kafka.common.Node::id).collect(Collectors.toSet()).containsAll(expected);
            });
    }

    private interface AdminCall {
        boolean test(Admin admin) throws Exception;
    }

    private boolean withAdmin(AdminCall call) throws Exception {
        try (Admin admin = admin()) {
            return call.test(admin);
        }
    }

    /** An IllegalStateException from the condition ends the wait at once, any other exception counts as "not yet". */
    private static void poll(long seconds, String complaint, Callable<Boolean> condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Throwable last = null;
        do {
            try {
                if (condition.call()) return;
                last = null;
            } catch (InterruptedException | IllegalStateException e) {
                if (e instanceof InterruptedException i) throw i;
                throw (IllegalStateException) e;
            } catch (Exception e) {
                last = e;
            }
            Thread.sleep(30);
        } while (System.nanoTime() < end);
        throw new AssertionError(complaint + " within " + seconds + " s" + (last == null ? "" : ": " + last), last);
    }

    // ---- waits that the original answers from the brokers' memory ----

    private void onEveryBroker(String topic, String complaint, java.util.function.Predicate<MetadataResponse> ok) throws InterruptedException {
        if (config.brokerSecurityProtocol() == SecurityProtocol.PLAINTEXT)
            for (Node n : liveBrokers())
                poll(60, complaint + " on broker " + n.id,
                    () -> ok.test(Wire.metadata(HOST, port(n.id, clientListener().value()), List.of(topic))));
    }

    @Override
    public void waitTopicCreation(String topic, int partitions) throws InterruptedException {
        if (partitions <= 0) throw new IllegalArgumentException("partitions must be positive");
        onEveryBroker(topic, "topic " + topic + " is not there", r -> r.topicMetadata().stream()
            .anyMatch(t -> t.topic().equals(topic) && t.error() == Errors.NONE && t.partitionMetadata().size() == partitions
                && t.partitionMetadata().stream().allMatch(p -> p.leaderId.isPresent())));
        if (config.brokerSecurityProtocol() != SecurityProtocol.PLAINTEXT)
            poll(60, "topic " + topic + " is not there", () -> withAdmin(a ->
                a.describeTopics(List.of(topic)).allTopicNames().get(5, TimeUnit.SECONDS).get(topic).partitions().size() == partitions));
    }

    @Override
    public void waitTopicDeletion(String topic) throws InterruptedException {
        onEveryBroker(topic, "topic " + topic + " is still there", r -> r.topicMetadata().stream()
            .allMatch(t -> t.error() == Errors.UNKNOWN_TOPIC_OR_PARTITION));
        if (config.brokerSecurityProtocol() != SecurityProtocol.PLAINTEXT)
            poll(60, "topic " + topic + " is still there", () -> withAdmin(a ->
                !a.listTopics().names().get(5, TimeUnit.SECONDS).contains(topic)));
    }

    /** Every live voter and observer has fetched what the leader had when we asked. */
    @Override
    public void ensureConsistentMetadata() throws InterruptedException {
        try {
            withAdmin(a -> {
                QuorumInfo before = a.describeMetadataQuorum().quorumInfo().get(5, TimeUnit.SECONDS);
                long target = before.voters().stream().filter(v -> v.replicaId() == before.leaderId())
                    .mapToLong(QuorumInfo.ReplicaState::logEndOffset).findFirst().orElse(0);
                Set<Integer> live = nodes.values().stream().filter(Node::alive).map(n -> n.id).collect(Collectors.toSet());
                poll(15, "metadata is behind offset " + target, () -> {
                    QuorumInfo q = a.describeMetadataQuorum().quorumInfo().get(5, TimeUnit.SECONDS);
                    List<QuorumInfo.ReplicaState> all = new ArrayList<>(q.voters());
                    all.addAll(q.observers());
                    return all.stream().filter(s -> live.contains(s.replicaId())).allMatch(s -> s.logEndOffset() >= target);
                });
                return true;
            });
            Thread.sleep(100);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            Thread.sleep(1000);
        }
    }

    @Override
    public void ensureConsistentMetadata(Collection<KafkaBroker> brokers, Collection<ControllerServer> controllers) throws InterruptedException {
        ensureConsistentMetadata();
    }

    @Override
    public void waitAcls(AclBindingFilter filter, Collection<AccessControlEntry> entries) throws InterruptedException {
        Set<AccessControlEntry> wanted = new HashSet<>(entries);
        poll(30, "ACLs are not " + wanted, () -> withAdmin(a -> {
            Set<AccessControlEntry> got = a.describeAcls(filter).values().get(5, TimeUnit.SECONDS)
                .stream().map(AclBinding::entry).collect(Collectors.toSet());
            return got.equals(wanted);
        }));
        ensureConsistentMetadata();
    }
}
