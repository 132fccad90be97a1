import static support.Expect.SOON_SECONDS;
import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;
import static support.Expect.text;

import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.data.Stat;
import support.Check;
import support.Context;
import support.Link;

/** Znodes that their clients keep alive: PersistentNode, PersistentTtlNode, GroupMember. */
public final class NodeChecks {
  private static final long TTL_MS = 600_000;

  private NodeChecks() {}

  private static PersistentNode ephemeral(CuratorFramework client, String path) throws Exception {
    PersistentNode node =
        new PersistentNode(client, CreateMode.EPHEMERAL, false, path, bytes("mine"));
    node.start();
    holds(node.waitForInitialCreate(SOON_SECONDS, TimeUnit.SECONDS), "the znode is created");
    return node;
  }

  @Check
  public static void aPersistentNodeComesBackAfterDeletion(Context context) throws Exception {
    CuratorFramework other = context.connect();
    String path = context.path("parent/a");
    PersistentNode node = ephemeral(context.connect(), path);
    equal(text(other.getData().forPath(path)), "mine", "the data");
    long created = other.checkExists().forPath(path).getCzxid();
    other.delete().forPath(path);
    eventually(
        () -> {
          Stat stat = other.checkExists().forPath(path);
          return stat != null && stat.getCzxid() > created;
        },
        "the znode comes back");
    equal(text(other.getData().forPath(path)), "mine", "the data then");
    node.close();
    equal(other.checkExists().forPath(path), null, "the znode after close");
  }

  @Check
  public static void aPersistentNodeComesBackWithANewSession(Context context) throws Exception {
    CuratorFramework client = context.connect();
    CuratorFramework other = context.connect();
    String path = context.path("parent/a");
    PersistentNode node = ephemeral(client, path);
    long owner = other.checkExists().forPath(path).getEphemeralOwner();
    equal(owner, Context.sessionId(client), "the owner");
    context.endSession(client);
    eventually(
        () -> {
          Stat stat = other.checkExists().forPath(path);
          return stat != null && stat.getEphemeralOwner() != owner;
        },
        "the znode comes back with another owner");
    node.close();
  }

  @Check
  public static void aPersistentNodeKeepsItsDataWhenDisconnected(Context context)
      throws Exception {
    Link link = context.link();
    CuratorFramework other = context.connect();
    String path = context.path("parent/a");
    PersistentNode node = ephemeral(context.connect(link), path);
    node.setData(bytes("changed"));
    eventually(() -> text(other.getData().forPath(path)).equals("changed"), "the data");
    link.down();
    other.delete().forPath(path);
    link.up();
    eventually(() -> other.checkExists().forPath(path) != null, "the znode comes back");
    equal(text(other.getData().forPath(path)), "changed", "the data then");
    node.close();
  }

  @Check
  public static void aPersistentTtlNodeIsRenewed(Context context) throws Exception {
    CuratorFramework other = context.connect();
    String path = context.path("parent/a");
    PersistentTtlNode node =
        context.closing(new PersistentTtlNode(context.connect(), path, TTL_MS, bytes("mine")));
    node.start();
    holds(node.waitForInitialCreate(SOON_SECONDS, TimeUnit.SECONDS), "the znode is created");
    equal(text(other.getData().forPath(path)), "mine", "the data");
    equal(other.checkExists().forPath(path).getEphemeralOwner(), 0L, "the owner");
    other.delete().deletingChildrenIfNeeded().forPath(path);
    eventually(() -> other.checkExists().forPath(path) != null, "the znode comes back");
  }

  @Check
  public static void aPersistentTtlNodeHasAChildThatIsTouched(Context context) throws Exception {
    CuratorFramework other = context.connect();
    String path = context.path("parent/a");
    // Touched twice per TTL.
    PersistentTtlNode node =
        context.closing(new PersistentTtlNode(context.connect(), path, 1000, bytes("mine")));
    node.start();
    holds(node.waitForInitialCreate(SOON_SECONDS, TimeUnit.SECONDS), "the znode is created");
    String child = path + "/" + PersistentTtlNode.DEFAULT_CHILD_NODE_NAME;
    eventually(() -> other.checkExists().forPath(child) != null, "the child is there");
    eventually(() -> other.checkExists().forPath(child).getVersion() >= 2, "it is touched");
  }

  @Check
  public static void groupMembersSeeEachOther(Context context) throws Exception {
    GroupMember one = new GroupMember(context.connect(), context.path("group"), "one", bytes("1"));
    GroupMember two = new GroupMember(context.connect(), context.path("group"), "two", bytes("2"));
    one.start();
    two.start();
    for (GroupMember member : new GroupMember[] {one, two}) {
      eventually(() -> names(member).equals(Set.of("one", "two")), "it sees both");
    }
    equal(text(one.getCurrentMembers().get("two")), "2", "the other's data");
    two.close();
    eventually(() -> names(one).equals(Set.of("one")), "it sees that the other left");
    one.close();
  }

  private static Set<String> names(GroupMember member) {
    return new TreeSet<>(member.getCurrentMembers().keySet());
  }
}
