import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.TreeMap;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.UriSpec;

/** A member of groups and services: reads a command a line, and answers with a line. */
public final class Peer {
  private static GroupMember member;
  private static ServiceDiscovery<Object> discovery;

  public static void main(String[] arguments) throws Exception {
    CuratorFramework client = CuratorFrameworkFactory.newClient(arguments[0], new RetryOneTime(100));
    client.start();
    Scanner input = new Scanner(System.in);
    while (input.hasNextLine()) {
      System.out.println(answer(client, input.nextLine().split(" ")));
    }
    System.exit(0);
  }

  private static String answer(CuratorFramework client, String[] words) throws Exception {
    switch (words[0]) {
      case "join":
        member = new GroupMember(client, words[1], words[2], words[3].getBytes());
        member.start();
        return "joined";
      case "members":
        TreeMap<String, String> members = new TreeMap<>();
        member.getCurrentMembers().forEach((id, data) -> members.put(id, new String(data)));
        return members.toString();
      case "leave":
        member.close();
        return "left";
      case "register":
        discovery = ServiceDiscoveryBuilder.builder(Object.class).client(client).basePath(words[1]).build();
        discovery.start();
        discovery.registerService(
            ServiceInstance.builder().name(words[2]).id(words[3]).address("10.0.0.2").port(82)
                .payload("theirs").uriSpec(new UriSpec("{scheme}://{address}:{port}")).build());
        return "registered";
      case "instances":
        List<String> found = new ArrayList<>();
        for (ServiceInstance<Object> each : discovery.queryForInstances(words[1])) {
          found.add(each.getId() + " " + each.getAddress() + " " + each.getPort() + " "
              + each.getPayload() + " " + each.getServiceType() + " " + each.isEnabled());
        }
        found.sort(null);
        return found.toString();
      case "unregister":
        discovery.close();
        return "unregistered";
      default:
        throw new IllegalArgumentException(words[0]);
    }
  }
}
