import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/**
 * Uses the public Java client so that capture.ts can record what it sends. Run by capture.ts in single-file source mode. Before each
 * act it prints "label NAME" and waits for a line, so that the recorder knows what it sees; "cut" asks for a broken connection.
 */
public final class Capture {
    private static final BufferedReader STDIN = new BufferedReader(new InputStreamReader(System.in));
    private static final BlockingQueue<WatchedEvent> EVENTS = new LinkedBlockingQueue<>();
    private static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;
    private static final int TIMEOUT_MS = 40_000;

    private interface Act {
        void run() throws Exception;
    }

    private static void say(String line) throws Exception {
        System.out.println(line);
        System.out.flush();
        if (STDIN.readLine() == null) {
            System.exit(1);
        }
    }

    /** Does one act under its name; a KeeperException is an answer like any other. */
    private static void act(String name, Act act) throws Exception {
        say("label " + name);
        try {
            act.run();
        } catch (KeeperException e) {
            System.err.println(name + ": " + e.code());
        }
    }

    /** The next watch event, not the connection's own ups and downs. */
    private static WatchedEvent nextEvent() throws Exception {
        for (;;) {
            WatchedEvent event = EVENTS.poll(10, TimeUnit.SECONDS);
            if (event == null) {
                throw new IllegalStateException("no watch event within 10 s");
            }
            if (event.getType() != Watcher.Event.EventType.None) {
                return event;
            }
        }
    }

    /** Has the connection broken, and returns once the client is back in its session. */
    private static void loseConnection() throws Exception {
        EVENTS.clear();
        say("cut");
        boolean disconnected = false;
        for (;;) {
            WatchedEvent event = EVENTS.poll(20, TimeUnit.SECONDS);
            if (event == null) {
                throw new IllegalStateException("not reconnected within 20 s");
            }
            if (event.getState() == Watcher.Event.KeeperState.Disconnected) {
                disconnected = true;
            } else if (disconnected && event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                return;
            }
        }
    }

    private static ZooKeeper open(String address, int timeoutMs) throws Exception {
        CountDownLatch connected = new CountDownLatch(1);
        ZooKeeper zk = new ZooKeeper(address, timeoutMs, event -> {
            EVENTS.add(event);
            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                connected.countDown();
            }
        });
        if (!connected.await(20, TimeUnit.SECONDS)) {
            throw new IllegalStateException("not connected within 20 s");
        }
        return zk;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    public static void main(String[] args) throws Exception {
        String address = args[0];
        if (args.length > 1) {
            extended(address);
            return;
        }
        say("label connect");
        ZooKeeper zk = open(address, TIMEOUT_MS);
        writes(zk);
        reads(zk);
        errors(zk);
        multis(zk);
        watches(zk);
        newerOps(zk);
        reconnect(zk);
        act("close-session", zk::close);
        sessions(address);
        say("label none");
    }

    private static void writes(ZooKeeper zk) throws Exception {
        act("create-persistent", () -> zk.create("/j", bytes("data"), OPEN, CreateMode.PERSISTENT));
        act("create-ephemeral", () -> zk.create("/j/eph", bytes("e"), OPEN, CreateMode.EPHEMERAL));
        act("create-sequential", () -> zk.create("/j/seq-", bytes("s"), OPEN, CreateMode.PERSISTENT_SEQUENTIAL));
        act("create-ephemeral-sequential", () -> zk.create("/j/es-", bytes("es"), OPEN, CreateMode.EPHEMERAL_SEQUENTIAL));
        act("create-null-data", () -> zk.create("/j/null", null, OPEN, CreateMode.PERSISTENT));
        act("create-empty-data", () -> zk.create("/j/empty", new byte[0], OPEN, CreateMode.PERSISTENT));
        act("create-unicode-path", () -> zk.create("/j/żółw-中", bytes("ü"), OPEN, CreateMode.PERSISTENT));
        act("create-with-acls", () -> zk.create("/j/acl", bytes("a"), Arrays.asList(
            new ACL(31, new Id("digest", "user:tpUq/4Pn5A64fVZyQ0gOJ8ZWqkY=")),
            new ACL(7, new Id("ip", "10.0.0.0/8")),
            new ACL(17, Ids.ANYONE_ID_UNSAFE)), CreateMode.PERSISTENT));
        act("create2", () -> zk.create("/j/c2", bytes("two"), OPEN, CreateMode.PERSISTENT, new Stat()));
        act("create2-ephemeral", () -> zk.create("/j/c2e", bytes("two"), OPEN, CreateMode.EPHEMERAL, new Stat()));
        act("set-data", () -> zk.setData("/j", bytes("data two"), 0));
        act("set-data-any-version", () -> zk.setData("/j", bytes("data three"), -1));
        act("set-data-null", () -> zk.setData("/j/empty", null, -1));
        act("set-acl", () -> zk.setACL("/j/c2", Arrays.asList(new ACL(1, Ids.ANYONE_ID_UNSAFE)), 0));
        act("delete", () -> zk.delete("/j/null", 0));
        act("delete-any-version", () -> zk.delete("/j/c2", -1));
    }

    private static void reads(ZooKeeper zk) throws Exception {
        act("exists", () -> zk.exists("/j", false));
        act("exists-not", () -> zk.exists("/nope", false));
        act("exists-ephemeral", () -> zk.exists("/j/eph", false));
        act("get-data", () -> zk.getData("/j", false, new Stat()));
        act("get-data-null", () -> zk.getData("/j/empty", false, new Stat()));
        act("get-data-zookeeper-config", () -> zk.getConfig(false, new Stat()));
        act("get-children", () -> zk.getChildren("/j", false));
        act("get-children-none", () -> zk.getChildren("/j/eph", false));
        act("get-children2", () -> zk.getChildren("/j", false, new Stat()));
        act("get-acl", () -> zk.getACL("/j/acl", new Stat()));
        act("sync", () -> {
            CountDownLatch done = new CountDownLatch(1);
            zk.sync("/j", (rc, path, ctx) -> done.countDown(), null);
            done.await();
        });
    }

    private static void errors(ZooKeeper zk) throws Exception {
        act("error-no-node", () -> zk.getData("/nope", false, null));
        act("error-no-node-create", () -> zk.create("/nope/x", null, OPEN, CreateMode.PERSISTENT));
        act("error-bad-version", () -> zk.setData("/j", bytes("x"), 99));
        act("error-bad-version-delete", () -> zk.delete("/j/eph", 99));
        act("error-bad-version-acl", () -> zk.setACL("/j", OPEN, 99));
        act("error-no-children-for-ephemerals", () -> zk.create("/j/eph/x", null, OPEN, CreateMode.PERSISTENT));
        act("error-node-exists", () -> zk.create("/j", null, OPEN, CreateMode.PERSISTENT));
        act("error-not-empty", () -> zk.delete("/j", -1));
        act("error-invalid-acl", () -> zk.create("/j/bad", null, Arrays.asList(new ACL(31, new Id("auth", ""))), CreateMode.PERSISTENT));
        act("error-bad-arguments-delete-root", () -> zk.delete("/", -1));
        act("error-unimplemented-ttl", () -> zk.create("/j/ttl", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 1000));
        act("error-no-auth", () -> zk.setData("/j/acl", bytes("x"), -1));
        act("create-digest-acl", () -> zk.create("/j/masked", null, Arrays.asList(
            new ACL(31, new Id("digest", "user:secret")), new ACL(1, Ids.ANYONE_ID_UNSAFE)), CreateMode.PERSISTENT));
        act("get-acl-masked", () -> zk.getACL("/j/masked", new Stat()));
    }

    private static void multis(ZooKeeper zk) throws Exception {
        act("multi-success", () -> zk.multi(Arrays.asList(
            Op.create("/j/m", bytes("m"), OPEN, CreateMode.PERSISTENT),
            Op.create("/j/m/s-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL),
            Op.create("/j/m/c", bytes("c"), OPEN, CreateMode.CONTAINER),
            Op.setData("/j/m", bytes("mm"), 0),
            Op.check("/j/m", 1),
            Op.delete("/j/m/c", -1))));
        act("multi-failure-middle", () -> zk.multi(Arrays.asList(
            Op.create("/j/m/x", bytes("m"), OPEN, CreateMode.PERSISTENT),
            Op.check("/j/m", 77),
            Op.delete("/j/m/x", -1))));
        act("multi-failure-first", () -> zk.multi(Arrays.asList(Op.delete("/nope", -1), Op.setData("/j", null, -1))));
    }

    private static void watches(ZooKeeper zk) throws Exception {
        act("watch-created", () -> {
            zk.exists("/j/w", true);
            zk.create("/j/w", bytes("w"), OPEN, CreateMode.PERSISTENT);
            nextEvent();
        });
        act("watch-data-changed", () -> {
            zk.getData("/j/w", true, null);
            zk.setData("/j/w", bytes("w2"), -1);
            nextEvent();
        });
        act("watch-exists-data-changed", () -> {
            zk.exists("/j/w", true);
            zk.setData("/j/w", bytes("w3"), -1);
            nextEvent();
        });
        act("watch-children-changed", () -> {
            zk.getChildren("/j/w", true);
            zk.create("/j/w/k", null, OPEN, CreateMode.PERSISTENT);
            nextEvent();
        });
        act("watch-children2-changed", () -> {
            zk.getChildren("/j/w", true, new Stat());
            zk.delete("/j/w/k", -1);
            nextEvent();
        });
        act("watch-deleted", () -> {
            zk.getData("/j/w", true, null);
            zk.delete("/j/w", -1);
            nextEvent();
        });
        act("watch-children-deleted", () -> {
            zk.create("/j/w", null, OPEN, CreateMode.PERSISTENT);
            zk.getChildren("/j/w", true);
            zk.delete("/j/w", -1);
            nextEvent();
        });
        EVENTS.clear();
    }

    private static void newerOps(ZooKeeper zk) throws Exception {
        act("create-container", () -> zk.create("/j/cont", null, OPEN, CreateMode.CONTAINER));
        act("get-ephemerals", () -> zk.getEphemerals("/j"));
        act("get-all-children-number", () -> zk.getAllChildrenNumber("/j"));
        act("who-am-i", zk::whoAmI);
        act("multi-read", () -> zk.multi(Arrays.asList(Op.getData("/j"), Op.getChildren("/j"), Op.getData("/nope"))));
        act("add-watch", () -> zk.addWatch("/j/cont", event -> { }, AddWatchMode.PERSISTENT));
        act("remove-watches", () -> zk.removeAllWatches("/j/cont", Watcher.WatcherType.Any, false));
        Watcher recursive = event -> { };
        act("add-watch-recursive", () -> zk.addWatch("/j/cont", recursive, AddWatchMode.PERSISTENT_RECURSIVE));
        // A client that takes one of two watchers away asks whether the server has a watch; it stays, for the other.
        say("label none");
        zk.addWatch("/j/cont", event -> { }, AddWatchMode.PERSISTENT_RECURSIVE);
        act("check-watches", () -> zk.removeWatches("/j/cont", recursive, Watcher.WatcherType.Any, false));
        say("label none");
        zk.removeAllWatches("/j/cont", Watcher.WatcherType.Any, false);
        act("get-ephemerals-none", () -> zk.getEphemerals("/nope"));
        act("get-all-children-number-none", () -> zk.getAllChildrenNumber("/j/cont"));
        act("error-no-node-get-all-children-number", () -> zk.getAllChildrenNumber("/nope"));
        act("auth", () -> {
            zk.addAuthInfo("digest", bytes("user:pw"));
            zk.exists("/", false);
        });
        act("create-with-auth-acl", () -> zk.create("/j/auth", null, Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
        act("get-acl-own", () -> zk.getACL("/j/auth", new Stat()));
        act("who-am-i-digest", zk::whoAmI);
    }

    /** Sets watches and loses the connection: the client connects, authenticates and sets its watches again by itself. */
    private static void reconnect(ZooKeeper zk) throws Exception {
        say("label none");
        zk.create("/j/r", bytes("r"), OPEN, CreateMode.PERSISTENT);
        zk.getData("/j/r", true, null);
        zk.exists("/j/absent", true);
        zk.getChildren("/j", true);
        say("label reattach");
        loseConnection();
        zk.exists("/j/r", false);
        act("watch-after-set-watches", () -> {
            zk.setData("/j/r", bytes("r2"), -1);
            nextEvent();
        });
        say("label none");
        zk.addWatch("/j/r", event -> { }, AddWatchMode.PERSISTENT_RECURSIVE);
        say("label reattach-persistent");
        loseConnection();
        zk.exists("/j/r", false);
    }

    /** What a server does only when it is told to: times to live, quotas with teeth, a super user. */
    private static void extended(String address) throws Exception {
        say("label none");
        ZooKeeper zk = open(address, TIMEOUT_MS);
        zk.create("/x", bytes("data"), OPEN, CreateMode.PERSISTENT);
        act("create-ttl", () -> zk.create("/x/ttl", bytes("t"), OPEN, CreateMode.PERSISTENT_WITH_TTL, new Stat(), 1000));
        act("create-ttl-sequential", () -> zk.create(
            "/x/ttl-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, new Stat(), 0xffffffffffL));
        act("multi-ttl", () -> zk.multi(Arrays.asList(
            Op.create("/x/m", bytes("m"), OPEN, CreateMode.CONTAINER),
            Op.create("/x/m/ttl-", null, OPEN, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, 5000),
            Op.create("/x/m/e", null, OPEN, CreateMode.EPHEMERAL))));
        act("multi-failure-ttl", () -> zk.multi(Arrays.asList(
            Op.create("/x/n", null, OPEN, CreateMode.CONTAINER),
            Op.create("/x/ttl", null, OPEN, CreateMode.PERSISTENT_WITH_TTL, 5000))));
        say("label none");
        zk.create("/zookeeper/quota/x", null, OPEN, CreateMode.PERSISTENT);
        zk.create("/zookeeper/quota/x/zookeeper_limits", bytes("count=1,bytes=1=;byteHardLimit=10;countHardLimit=7"),
            OPEN, CreateMode.PERSISTENT);
        zk.create("/zookeeper/quota/x/zookeeper_stats", bytes("count=0,bytes=0"), OPEN, CreateMode.PERSISTENT);
        act("get-data-quota-stats", () -> zk.getData("/zookeeper/quota/x/zookeeper_stats", false, new Stat()));
        act("error-quota-exceeded", () -> zk.setData("/x", bytes("more than ten bytes"), -1));
        act("multi-failure-quota", () -> zk.multi(Arrays.asList(
            Op.check("/x", 0), Op.create("/x/large", bytes("more than ten bytes"), OPEN, CreateMode.PERSISTENT))));
        say("label none");
        zk.addAuthInfo("digest", bytes("super:test"));
        zk.exists("/", false);
        act("who-am-i-super", zk::whoAmI);
        say("label none");
        zk.close();
        ZooKeeperAdmin admin = new ZooKeeperAdmin(address, TIMEOUT_MS, event -> { });
        admin.exists("/", false);
        act("error-reconfig-disabled", () -> admin.reconfigure((String) null, null, "server.1=127.0.0.1:1:2;3", -1, new Stat()));
        say("label none");
        admin.close();
    }

    private static void sessions(String address) throws Exception {
        act("connect-short-timeout", () -> {
            ZooKeeper zk = open(address, 4000);
            say("label ping");
            Thread.sleep(2500);
            say("label none");
            zk.close();
        });
        act("connect-expired", () -> {
            CountDownLatch expired = new CountDownLatch(1);
            ZooKeeper zk = new ZooKeeper(address, TIMEOUT_MS, event -> {
                if (event.getState() == Watcher.Event.KeeperState.Expired) {
                    expired.countDown();
                }
            }, 0x1234567890abcdefL, bytes("sixteen bytes !!"));
            expired.await(20, TimeUnit.SECONDS);
            zk.close();
        });
        act("connect-read-only", () -> {
            CountDownLatch connected = new CountDownLatch(1);
            ZooKeeper zk = new ZooKeeper(address, TIMEOUT_MS, event -> connected.countDown(), true);
            connected.await(20, TimeUnit.SECONDS);
            say("label none");
            zk.close();
        });
        say("label none");
        ZooKeeper zk = open(address, TIMEOUT_MS);
        act("auth-failed", () -> {
            CountDownLatch failed = new CountDownLatch(1);
            zk.register(event -> {
                if (event.getState() == Watcher.Event.KeeperState.AuthFailed) {
                    failed.countDown();
                }
            });
            zk.addAuthInfo("nosuchscheme", bytes("x"));
            failed.await(20, TimeUnit.SECONDS);
        });
        say("label none");
        zk.close();
    }
}
