"""A few bytes of ZooKeeper's protocol, for what kazoo's client cannot be made to do."""
import socket
import struct

CLOSE_SESSION = -11
_SECONDS_MAX = 10


class Handshake:
    """The server's answer to a ConnectRequest; session_id is 0 when it refused."""

    def __init__(self, payload):
        _, self.timeout_ms, self.session_id, length = struct.unpack_from(">iiqi", payload)
        self.password = payload[20:20 + length]


def negotiate(address, timeout_ms):
    """Opens a session that asks for this timeout, closes it, and returns the Handshake."""
    with _connection(address) as connection:
        connection.sendall(_connect_request(timeout_ms, 0, b"\0" * 16))
        handshake = Handshake(_read_frame(connection))
        connection.sendall(_close_request())
        _read_frame(connection)
    return handshake


def close_session(address, client_id):
    """Closes somebody else's session: attaches to it and closes it in a single write, so that
    its owner has no time to take it back."""
    session_id, password = client_id
    with _connection(address) as connection:
        connection.sendall(_connect_request(10_000, session_id, password) + _close_request())
        handshake = Handshake(_read_frame(connection))
        if handshake.session_id == session_id:
            _read_frame(connection)
    return handshake


def tick_seconds(address):
    """The server's tick: unless configured otherwise the shortest session timeout is two."""
    return negotiate(address, 1).timeout_ms / 2 / 1000


def _connection(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=_SECONDS_MAX)


def _connect_request(timeout_ms, session_id, password):
    return _frame(
        struct.pack(">iqiqi", 0, 0, timeout_ms, session_id, len(password)) + password + b"\0"
    )


def _close_request():
    return _frame(struct.pack(">ii", 1, CLOSE_SESSION))


def _frame(payload):
    return struct.pack(">i", len(payload)) + payload


def _read_frame(connection):
    (length,) = struct.unpack(">i", _read(connection, 4))
    return _read(connection, length)


def _read(connection, length):
    data = b""
    while len(data) < length:
        chunk = connection.recv(length - len(data))
        if not chunk:
            raise ConnectionError("the server closed after %d of %d bytes" % (len(data), length))
        data += chunk
    return data
