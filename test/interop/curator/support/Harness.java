package support;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;

/**
 * Runs the checks of one class against one ZooKeeper, and prints one line for each: "ok NAME" or
 * "not ok NAME: WHY". {@code Harness CLASS --list} prints the names alone, without a server;
 * {@code Harness CLASS HOST:PORT [NAME...]} runs all, or those named, and exits 0 only if all are
 * ok.
 */
public final class Harness {
  /** A check that has said nothing by then has failed; its thread is left behind. */
  private static final int CHECK_SECONDS_MAX = 110;

  private final String address;
  private final String root = "/interop-" + UUID.randomUUID();
  private final CuratorFramework caretaker;

  private Harness(String address) {
    this.address = address;
    // With the credential it can delete what the checks leave behind.
    this.caretaker =
        Context.builder(address)
            .ensembleTracker(false)
            .authorization("digest", Expect.bytes(Context.CREDENTIAL))
            .build();
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("usage: CLASS HOST:PORT [CHECK...] | CLASS --list");
      System.exit(2);
    }
    Class<?> checks = Class.forName(arguments[0]);
    List<Method> all =
        Stream.of(checks.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Check.class))
            .sorted(Comparator.comparing(Method::getName))
            .collect(Collectors.toList());
    if (arguments[1].equals("--list")) {
      all.forEach(method -> System.out.println(nameOf(method)));
      return;
    }
    List<String> names = List.of(arguments).subList(2, arguments.length);
    all.removeIf(method -> !names.isEmpty() && !names.contains(nameOf(method)));
    boolean isFine = new Harness(arguments[1]).run(all);
    System.out.flush();
    // Not exit: threads of a check that hangs must not keep the process.
    Runtime.getRuntime().halt(isFine ? 0 : 1);
  }

  private boolean run(List<Method> methods) throws Exception {
    caretaker.start();
    caretaker.create().forPath(root);
    // They mostly wait, so they run beside each other.
    List<Callable<Boolean>> running = new ArrayList<>();
    for (Method method : methods) {
      running.add(start(method));
    }
    boolean isFine = true;
    for (Callable<Boolean> verdict : running) {
      isFine &= verdict.call();
    }
    try {
      caretaker.delete().deletingChildrenIfNeeded().forPath(root);
    } catch (Exception error) {
      // Said, but no check's fault: one that hangs may still be creating znodes.
      System.err.println("could not remove " + root + ": " + error);
    }
    caretaker.close();
    return isFine;
  }

  /** Starts a check; the result waits for its verdict and prints it. */
  private Callable<Boolean> start(Method method) throws Exception {
    String name = nameOf(method);
    Context context = new Context(address, root + "/" + name.replace(' ', '-'));
    caretaker.create().forPath(context.root);
    List<String> failures = new ArrayList<>();
    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              attempt(() -> method.invoke(null, context), "", failures);
              attempt(context::close, "while its clients closed: ", failures);
              return null;
            });
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CHECK_SECONDS_MAX);
    return () -> {
      List<String> why = failures;
      try {
        task.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException late) {
        // Not the list that its thread may still write to.
        why = List.of("no result within " + CHECK_SECONDS_MAX + " s");
      }
      String line = why.isEmpty() ? "ok " + name : "not ok " + name + ": " + String.join("; ", why);
      System.out.println(line.replace("\n", " | "));
      return why.isEmpty();
    };
  }

  private static void attempt(Expect.Action action, String when, List<String> failures) {
    try {
      action.run();
    } catch (InvocationTargetException error) {
      failures.add(when + explain(error.getCause()));
    } catch (Throwable error) {
      failures.add(when + explain(error));
    }
  }

  private static String explain(Throwable error) {
    String text = error instanceof CheckFailed ? error.getMessage() : error.toString();
    return Stream.of(error.getStackTrace())
        .filter(frame -> frame.getClassName().endsWith("Checks"))
        .findFirst()
        .map(frame -> text + " (" + frame.getFileName() + ":" + frame.getLineNumber() + ")")
        .orElse(text);
  }

  private static String nameOf(Method method) {
    return method
        .getName()
        .replaceAll("([A-Z])", " $1")
        .toLowerCase(Locale.ROOT);
  }
}
