import static support.Expect.SOON_SECONDS;
import static support.Expect.equal;
import static support.Expect.eventually;
import static support.Expect.holds;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.zookeeper.data.Stat;
import support.Check;
import support.Context;
import support.Events;
import support.Link;

/** Leader election by LeaderLatch and by LeaderSelector. */
public final class LeaderChecks {
  private LeaderChecks() {}

  /** A latch that has started, and is in line. */
  private static LeaderLatch join(
      Context context, CuratorFramework client, String id, Events heard) throws Exception {
    LeaderLatch latch = new LeaderLatch(client, context.path("latch"), id);
    latch.addListener(
        new LeaderLatchListener() {
          @Override
          public void isLeader() {
            heard.add(id + " leads");
          }

          @Override
          public void notLeader() {
            heard.add(id + " follows");
          }
        });
    latch.start();
    eventually(() -> latch.getOurPath() != null, id + " is in line");
    eventually(
        () -> latch.getParticipants().stream().anyMatch(other -> other.getId().equals(id)),
        id + " takes part");
    return latch;
  }

  private static void awaitLeadership(LeaderLatch latch) throws Exception {
    holds(latch.await(SOON_SECONDS, TimeUnit.SECONDS), latch.getId() + " comes to lead");
  }

  @Check
  public static void leadershipPassesOnClose(Context context) throws Exception {
    Events heard = new Events();
    LeaderLatch one = join(context, context.connect(), "one", heard);
    awaitLeadership(one);
    LeaderLatch two = join(context, context.connect(), "two", heard);
    holds(!two.hasLeadership(), "the second does not lead");
    equal(two.getLeader().getId(), "one", "the leader");
    equal(
        one.getParticipants().stream().map(each -> each.getId()).collect(Collectors.toList()),
        List.of("one", "two"),
        "the participants");
    one.close(LeaderLatch.CloseMode.NOTIFY_LEADER);
    awaitLeadership(two);
    holds(!one.hasLeadership(), "the first does not lead any more");
    equal(two.getLeader().getId(), "two", "the leader then");
    eventually(() -> heard.seen().size() == 3, "the listeners hear of it");
    holds(heard.has("one follows") && heard.has("two leads"), "they hear of both");
    two.close();
    // A line that nobody stands in is an empty container, which the server may have removed by now.
    Stat line = context.connect().checkExists().forPath(context.path("latch"));
    holds(line == null || line.getNumChildren() == 0, "nobody is left");
  }

  @Check
  public static void leadershipPassesWhenASessionEnds(Context context) throws Exception {
    Events heard = new Events();
    CuratorFramework client = context.connect();
    LeaderLatch one = join(context, client, "one", heard);
    awaitLeadership(one);
    LeaderLatch two = join(context, context.connect(), "two", heard);
    context.endSession(client);
    awaitLeadership(two);
    eventually(() -> heard.has("one follows"), "the first hears that it lost");
    eventually(() -> two.getParticipants().size() == 2, "the first is in line again");
    equal(two.getLeader().getId(), "two", "the leader");
    two.close();
    awaitLeadership(one);
    one.close();
  }

  @Check
  public static void leadershipComesBackAfterALostConnection(Context context) throws Exception {
    Link link = context.link();
    Events heard = new Events();
    LeaderLatch one = join(context, context.connect(link), "one", heard);
    awaitLeadership(one);
    link.cut();
    heard.await("one leads", "one follows", "one leads");
    one.close();
  }

  @Check
  public static void selectorsLeadInTurns(Context context) throws Exception {
    Events heard = new Events();
    CountDownLatch rounds = new CountDownLatch(6);
    for (String id : List.of("one", "two")) {
      LeaderSelector selector =
          context.closing(
              new LeaderSelector(
                  context.connect(),
                  context.path("selector"),
                  new LeaderSelectorListenerAdapter() {
                    @Override
                    public void takeLeadership(CuratorFramework client) throws Exception {
                      heard.add(id);
                      // Until the other stands in line, or this one would be first again.
                      eventually(
                          () -> client.getChildren().forPath(context.path("selector")).size() == 2,
                          "both are in line");
                      rounds.countDown();
                    }
                  }));
      selector.setId(id);
      selector.autoRequeue();
      selector.start();
    }
    holds(rounds.await(SOON_SECONDS, TimeUnit.SECONDS), "they lead six times");
    List<String> first = heard.seen().subList(0, 6);
    for (int index = 1; index < first.size(); index++) {
      holds(!first.get(index).equals(first.get(index - 1)), "they take turns: " + first);
    }
  }

  @Check
  public static void aSelectorIsInterruptedWhenItsSessionEnds(Context context) throws Exception {
    CuratorFramework client = context.connect(context.link());
    Events heard = new Events();
    LeaderSelector selector =
        context.closing(
            new LeaderSelector(
                client,
                context.path("selector"),
                new LeaderSelectorListenerAdapter() {
                  @Override
                  public void takeLeadership(CuratorFramework source) throws Exception {
                    heard.add("leads");
                    try {
                      new CountDownLatch(1).await();
                    } finally {
                      heard.add("stops");
                    }
                  }
                }));
    selector.autoRequeue();
    selector.start();
    heard.await("leads");
    holds(selector.hasLeadership(), "it leads");
    context.endSession(client);
    heard.await("leads", "stops", "leads");
  }
}
