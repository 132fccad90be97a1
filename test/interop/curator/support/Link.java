package support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP port of its own in front of the server, which can fail as a network does. */
public final class Link implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int BACKLOG = 50;

  private final String host;
  private final int port;
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile boolean isDown;
  private volatile boolean losesReply;

  Link(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    host = address.substring(0, colon);
    port = Integer.parseInt(address.substring(colon + 1));
    listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    inThread(this::accept);
  }

  public String address() {
    return listener.getInetAddress().getHostAddress() + ":" + listener.getLocalPort();
  }

  /** Breaks every connection; clients may come back at once. */
  public void cut() {
    sockets.forEach(Link::close);
  }

  /** Breaks every connection, and lets nobody in before `up`. */
  public void down() {
    isDown = true;
    cut();
  }

  public void up() {
    isDown = false;
  }

  /** Breaks the connection on which the server says something next, before the client hears it. */
  public void loseNextReply() {
    losesReply = true;
  }

  /** Whether the reply that was to be lost has been. */
  public boolean hasLostReply() {
    return !losesReply;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listener.accept();
      sockets.add(client);
      if (isDown) {
        close(client);
        continue;
      }
      Socket server = new Socket(host, port);
      sockets.add(server);
      inThread(() -> pump(client, server, false));
      inThread(() -> pump(server, client, true));
    }
  }

  private void pump(Socket from, Socket to, boolean carriesReplies) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream input = from.getInputStream();
      OutputStream output = to.getOutputStream();
      int length;
      while ((length = input.read(buffer)) >= 0) {
        if (carriesReplies && losesReply) {
          close(to);
          losesReply = false;
          break;
        }
        output.write(buffer, 0, length);
      }
    } finally {
      close(from);
      close(to);
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  private static void inThread(Expect.Action action) {
    Thread thread =
        new Thread(
            () -> {
              try {
                action.run();
              } catch (Exception error) {
                // A connection that is cut ends its threads in this way.
              }
            },
            "link");
    thread.setDaemon(true);
    thread.start();
  }
}
