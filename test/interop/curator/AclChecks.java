import static support.Expect.bytes;
import static support.Expect.equal;
import static support.Expect.raises;
import static support.Expect.text;

import java.util.Collections;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.ACLProvider;
import org.apache.zookeeper.KeeperException.BadVersionException;
import org.apache.zookeeper.KeeperException.InvalidACLException;
import org.apache.zookeeper.KeeperException.NoAuthException;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import support.Check;
import support.Context;
import support.Link;

/** Permissions: credentials of the builder, ACLs of one znode, an ACLProvider for all. */
public final class AclChecks {
  private AclChecks() {}

  private static CuratorFramework alice(Context context) throws Exception {
    return context.connect(builder -> builder.authorization("digest", bytes(Context.CREDENTIAL)));
  }

  private static Id aliceId() throws Exception {
    return new Id("digest", DigestAuthenticationProvider.generateDigest(Context.CREDENTIAL));
  }

  @Check
  public static void credentialsOpenAZnodeThatIsClosedToOthers(Context context) throws Exception {
    CuratorFramework alice = alice(context);
    CuratorFramework stranger = context.connect();
    String path = context.path("a");
    alice.create().withACL(Ids.CREATOR_ALL_ACL).forPath(path, bytes("mine"));
    equal(alice.getACL().forPath(path), List.of(new ACL(Perms.ALL, aliceId())), "the ACL");
    equal(text(alice.getData().forPath(path)), "mine", "the data");
    raises(NoAuthException.class, () -> stranger.getData().forPath(path));
    raises(NoAuthException.class, () -> stranger.setData().forPath(path, bytes("x")));
    raises(NoAuthException.class, () -> stranger.getChildren().forPath(path));
    raises(NoAuthException.class, () -> stranger.create().forPath(path + "/child"));
    // Who deletes needs nothing but the parent's permission.
    stranger.delete().forPath(path);
  }

  @Check
  public static void creatorWithoutCredentialsIsRefused(Context context) throws Exception {
    CuratorFramework stranger = context.connect();
    raises(
        InvalidACLException.class,
        () -> stranger.create().withACL(Ids.CREATOR_ALL_ACL).forPath(context.path("a")));
  }

  @Check
  public static void setAclChangesWhoMay(Context context) throws Exception {
    CuratorFramework alice = alice(context);
    CuratorFramework stranger = context.connect();
    String path = context.path("a");
    alice.create().forPath(path, bytes("x"));
    List<ACL> narrow =
        List.of(new ACL(Perms.READ, Ids.ANYONE_ID_UNSAFE), new ACL(Perms.ALL, aliceId()));
    raises(
        BadVersionException.class,
        () -> alice.setACL().withVersion(3).withACL(narrow).forPath(path));
    equal(alice.setACL().withVersion(0).withACL(narrow).forPath(path).getAversion(), 1, "aversion");
    Stat stat = new Stat();
    equal(alice.getACL().storingStatIn(stat).forPath(path), narrow, "the ACL");
    equal(stat.getAversion(), 1, "the aversion that getACL tells");
    equal(text(stranger.getData().forPath(path)), "x", "what a stranger reads");
    raises(NoAuthException.class, () -> stranger.setData().forPath(path, bytes("y")));
    alice.setData().forPath(path, bytes("y"));
  }

  @Check
  public static void anAclProviderCoversParentsToo(Context context) throws Exception {
    // The client asks whether null is in there, which a List.of does not take.
    List<ACL> narrow =
        Collections.singletonList(
            new ACL(Perms.READ | Perms.CREATE | Perms.DELETE, Ids.ANYONE_ID_UNSAFE));
    ACLProvider provider =
        new ACLProvider() {
          @Override
          public List<ACL> getDefaultAcl() {
            return Ids.OPEN_ACL_UNSAFE;
          }

          @Override
          public List<ACL> getAclForPath(String path) {
            return path != null && path.endsWith("/narrow") ? narrow : null;
          }
        };
    CuratorFramework client = context.connect(builder -> builder.aclProvider(provider));
    String path = context.path("narrow");
    client.create().creatingParentsIfNeeded().forPath(path + "/leaf", bytes("x"));
    equal(client.getACL().forPath(path), narrow, "the parent's ACL");
    equal(client.getACL().forPath(path + "/leaf"), Ids.OPEN_ACL_UNSAFE, "the leaf's ACL");
    raises(NoAuthException.class, () -> client.setData().forPath(path, bytes("y")));
    client.setData().forPath(path + "/leaf", bytes("y"));
  }

  @Check
  public static void credentialsSurviveALostConnection(Context context) throws Exception {
    Link link = context.link();
    CuratorFramework client =
        context.connect(
            builder ->
                builder
                    .connectString(link.address())
                    .authorization("digest", bytes(Context.CREDENTIAL)));
    String path = context.path("a");
    client.create().withACL(Ids.CREATOR_ALL_ACL).forPath(path, bytes("mine"));
    link.cut();
    equal(text(client.getData().forPath(path)), "mine", "the data");
  }
}
