package judge;

import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Runs tests given as Class#method, and appends a line for each invocation to a file: name, how it went, seconds, reason. */
public final class Run {
    public static void main(String[] args) throws Exception {
        Hooks.install();
        List<DiscoverySelector> selectors = new ArrayList<>();
        for (int i = 1; i < args.length; i++) {
            int hash = args[i].indexOf('#');
            if (hash < 0) {
                selectors.add(DiscoverySelectors.selectClass(args[i]));
                continue;
            }
            Class<?> c = Class.forName(args[i].substring(0, hash), false, Run.class.getClassLoader());
            String name = args[i].substring(hash + 1);
            for (Class<?> k = c; k != null; k = k.getSuperclass())
                for (Method m : k.getDeclaredMethods())
                    if (m.getName().equals(name) && !m.isSynthetic() && m.getAnnotations().length > 0)
                        selectors.add(DiscoverySelectors.selectMethod(c, m));
        }
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectors)
            .configurationParameter("junit.jupiter.extensions.autodetection.enabled", "true")
            .configurationParameter("junit.jupiter.execution.timeout.testable.method.default", System.getenv().getOrDefault("SHIM_TEST_TIMEOUT", "180 s"))
            .build();
        Launcher launcher = LauncherFactory.create();
        Report report = new Report(Path.of(args[0]));
        launcher.execute(request, report);
        System.exit(report.failed ? 1 : 0);
    }

    private static final class Report implements TestExecutionListener {
        private final Path file;
        private final Map<String, Long> begun = new ConcurrentHashMap<>();
        private boolean failed;

        Report(Path file) {
            this.file = file;
        }

        @Override
        public void executionStarted(TestIdentifier id) {
            begun.put(id.getUniqueId(), System.nanoTime());
        }

        @Override
        public void executionSkipped(TestIdentifier id, String reason) {
            line(id, "skipped", 0, reason);
        }

        @Override
        public void executionFinished(TestIdentifier id, TestExecutionResult result) {
            Throwable t = result.getThrowable().orElse(null);
            boolean ok = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
            if (!id.isTest() && ok) return;
            String status = switch (result.getStatus()) {
                case SUCCESSFUL -> "passed";
                case ABORTED -> "skipped";
                case FAILED -> "failed";
            };
            failed |= status.equals("failed");
            double s = (System.nanoTime() - begun.getOrDefault(id.getUniqueId(), System.nanoTime())) / 1e9;
            line(id, status, s, t == null ? "" : t.toString());
            if (status.equals("failed") && t != null) {
                PrintStream err = System.err;
                err.println("FAILED " + id.getDisplayName());
                t.printStackTrace(err);
            }
        }

        private void line(TestIdentifier id, String status, double seconds, String reason) {
            String name = id.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast)
                .map(m -> m.getClassName() + "#" + m.getMethodName()).orElse(id.getLegacyReportingName());
            String text = String.join("\t", name, status, String.format(Locale.ROOT, "%.1f", seconds), clean(reason));
            System.out.println(text);
            try {
                Files.writeString(file, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        private static String clean(String s) {
            String one = s.replaceAll("\\s+", " ").trim();
            return one.length() > 300 ? one.substring(0, 300) : one;
        }
    }
}
