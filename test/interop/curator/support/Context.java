package support;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.ZooKeeper;

/** What one check works with: clients that are closed after it, and a znode of its own. */
public final class Context {
  /** Of the digest scheme; who checks are made by has it too. */
  public static final String CREDENTIAL = "alice:secret";

  private static final int SESSION_MS = 20_000;
  private static final int CONNECT_MS = 15_000;
  private static final int RETRIES = 20;
  private static final int RETRY_MS = 50;

  public final String address;
  public final String root;
  private final List<AutoCloseable> closed = Collections.synchronizedList(new ArrayList<>());

  Context(String address, String root) {
    this.address = address;
    this.root = root;
  }

  public String path(String name) {
    return root + "/" + name;
  }

  public CuratorFramework connect() throws Exception {
    return connect(builder -> builder);
  }

  /**
   * A client through the link, which can be cut under it. It does not track the ensemble: with
   * requests of its own under way it may tell twice that its session is lost.
   */
  public CuratorFramework connect(Link link) throws Exception {
    return connect(builder -> builder.connectString(link.address()).ensembleTracker(false));
  }

  public CuratorFramework connect(UnaryOperator<CuratorFrameworkFactory.Builder> configure)
      throws Exception {
    CuratorFramework client = client(configure);
    client.start();
    Expect.holds(
        client.blockUntilConnected(CONNECT_MS, TimeUnit.MILLISECONDS), "the client connects");
    return client;
  }

  /** A client that has not been started yet. */
  public CuratorFramework client(UnaryOperator<CuratorFrameworkFactory.Builder> configure) {
    return closing(configure.apply(builder(address)).build());
  }

  public Link link() throws Exception {
    return closing(new Link(address));
  }

  /** Closes this after the check, before all that was opened earlier. */
  public <T extends AutoCloseable> T closing(T closeable) {
    closed.add(closeable);
    return closeable;
  }

  /** Ends the client's session, without a word to the client. */
  public void endSession(CuratorFramework client) throws Exception {
    ZooKeeper zooKeeper = client.getZookeeperClient().getZooKeeper();
    Wire.closeSession(address, zooKeeper.getSessionId(), zooKeeper.getSessionPasswd());
  }

  public static long sessionId(CuratorFramework client) throws Exception {
    return client.getZookeeperClient().getZooKeeper().getSessionId();
  }

  static CuratorFrameworkFactory.Builder builder(String address) {
    return CuratorFrameworkFactory.builder()
        .connectString(address)
        .sessionTimeoutMs(SESSION_MS)
        .connectionTimeoutMs(CONNECT_MS)
        .defaultData(new byte[0])
        .retryPolicy(new RetryNTimes(RETRIES, RETRY_MS));
  }

  void close() throws Exception {
    for (int index = closed.size() - 1; index >= 0; index--) {
      closed.get(index).close();
    }
  }
}
