import java.io.BufferedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.DumpLogSegments;

/**
 * Kafka's log dumper, run many times in one virtual machine. Usage: Dump JOBS, a file of lines
 * {@code OUTPUT<tab>ARGUMENT<tab>ARGUMENT…}. Each run's standard output goes to OUTPUT.out, its standard error to
 * OUTPUT.err and its exit status, a digit, to OUTPUT.exit.
 */
final class Dump {
    private Dump() {}

    /** Thrown in place of leaving the virtual machine. */
    private static final class Exited extends RuntimeException {
        final int status;

        Exited(int status) {
            this.status = status;
        }
    }

    public static void main(String[] args) throws Exception {
        Exit.setExitProcedure((status, message) -> {
            throw new Exited(status);
        });
        PrintStream out = System.out;
        PrintStream err = System.err;
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            String[] job = line.split("\t");
            int status;
            try (PrintStream jobOut = stream(job[0] + ".out"); PrintStream jobErr = stream(job[0] + ".err")) {
                System.setOut(jobOut);
                System.setErr(jobErr);
                status = run(Arrays.copyOfRange(job, 1, job.length));
            }
            Files.writeString(Path.of(job[0] + ".exit"), Integer.toString(status));
        }
        System.setOut(out);
        System.setErr(err);
    }

    /** What a virtual machine does with an exception that leaves main: trace to standard error, status 1. */
    private static int run(String[] args) {
        try {
            DumpLogSegments.main(args);
            return 0;
        } catch (Exited exited) {
            return exited.status;
        } catch (Throwable e) {
            System.err.print("Exception in thread \"main\" ");
            e.printStackTrace();
            return 1;
        }
    }

    private static PrintStream stream(String path) throws Exception {
        return new PrintStream(new BufferedOutputStream(Files.newOutputStream(Path.of(path))), false, StandardCharsets.UTF_8);
    }
}
