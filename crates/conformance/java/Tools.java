import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command line tools one after the other in one virtual machine, which spares each its start. A request is a line:
 * class and arguments, and then the input, each in base64, with spaces between. The answer is a line: exit status, output, errors.
 */
final class Tools {
    private static final long PATIENCE_SECONDS = 110;

    private final URL[] jars;

    private Tools() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(new File(path).toURI().toURL());
        }
        jars = urls.toArray(new URL[0]);
    }

    public static void main(String[] args) throws Exception {
        Tools tools = new Tools();
        PrintStream answers = System.out;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            List<String> words = Arrays.stream(line.split(" ", -1)).map(Tools::decoded).toList();
            answers.println(tools.run(words.get(0), words.subList(1, words.size() - 1), words.get(words.size() - 1)));
        }
        Runtime.getRuntime().halt(0);
    }

    /** In a thread of its own, because a tool that exits must not go on, not even to unwind. */
    private String run(String className, List<String> arguments, String input) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        InputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        CompletableFuture<Integer> status = new CompletableFuture<>();
        List<Runnable> hooks = new ArrayList<>();
        PrintStream printedErrors = new PrintStream(errors, true, StandardCharsets.UTF_8);
        System.setIn(in);
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(printedErrors);
        Exit.setExitProcedure((code, message) -> exit(status, code));
        Exit.setHaltProcedure((code, message) -> exit(status, code));
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));

        Thread thread = new Thread(() -> {
            try {
                Class<?> tool = new OwnTools(jars).loadClass(className);
                tool.getMethod("main", String[].class).invoke(null, (Object) arguments.toArray(new String[0]));
                status.complete(0);
            } catch (InvocationTargetException e) {
                e.getCause().printStackTrace(printedErrors);
                status.complete(1);
            } catch (ReflectiveOperationException e) {
                status.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        int code;
        try {
            code = status.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            hooks.forEach(Runnable::run);
        } catch (TimeoutException e) {
            printedErrors.println("it did not end within " + PATIENCE_SECONDS + " seconds");
            code = -1;
        }
        Base64.Encoder encoder = Base64.getEncoder();
        return code + " " + encoder.encodeToString(out.toByteArray()) + " " + encoder.encodeToString(errors.toByteArray());
    }

    private static void exit(CompletableFuture<Integer> status, int code) {
        status.complete(code);
        while (true) {
            LockSupport.park();
        }
    }

    private static String decoded(String word) {
        return new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8);
    }

    /** The classes of the tools anew each time, since some keep their state in static fields. */
    private static final class OwnTools extends URLClassLoader {
        OwnTools(URL[] jars) {
            super(jars, Tools.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("org.apache.kafka.tools.") || name.startsWith("kafka.admin.")) {
                synchronized (getClassLoadingLock(name)) {
                    Class<?> found = findLoadedClass(name);
                    return found == null ? findClass(name) : found;
                }
            }
            return super.loadClass(name, resolve);
        }
    }
}
