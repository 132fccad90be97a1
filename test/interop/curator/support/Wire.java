package support;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;

/** A few bytes of ZooKeeper's protocol, for what its client cannot be made to do. */
final class Wire {
  private static final int CLOSE_SESSION = -11;
  private static final int TIMEOUT_MS = 10_000;

  private Wire() {}

  /**
   * Closes somebody else's session: attaches to it and closes it in a single write, so that its
   * owner has no time to take it back.
   */
  static void closeSession(String address, long sessionId, byte[] password) throws IOException {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    try (Socket socket = new Socket(host, Integer.parseInt(address.substring(colon + 1)))) {
      socket.setSoTimeout(TIMEOUT_MS);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream output = new DataOutputStream(bytes);
      output.writeInt(4 + 8 + 4 + 8 + 4 + password.length + 1); // The frame's length.
      output.writeInt(0); // protocolVersion
      output.writeLong(0); // lastZxidSeen
      output.writeInt(TIMEOUT_MS);
      output.writeLong(sessionId);
      output.writeInt(password.length);
      output.write(password);
      output.writeBoolean(false); // readOnly
      output.writeInt(8);
      output.writeInt(1); // xid
      output.writeInt(CLOSE_SESSION);
      socket.getOutputStream().write(bytes.toByteArray());

      DataInputStream input = new DataInputStream(socket.getInputStream());
      input.readFully(new byte[input.readInt()]); // The ConnectResponse.
      input.readFully(new byte[input.readInt()]); // The reply to closeSession.
    }
  }
}
