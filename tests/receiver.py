"""A real HTTP server that plays an endpoint, well-behaved or not."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Request:
    """What arrived, and on which connection."""

    path: str
    headers: Message
    body: bytes
    connection: tuple[str, int]

    def verify(self, secret: str) -> None:
        """Check the signature with the public library; raise if it is wrong."""
        Webhook(secret).verify(self.body, dict(self.headers.items()))


class Handler(BaseHTTPRequestHandler):
    """Notes the request, and has the receiver's present behaviour answer it."""

    protocol_version = "HTTP/1.1"
    # Otherwise the body waits for the headers' acknowledgement.
    wbufsize = -1
    receiver: "Receiver"
    arrived: Request

    def do_POST(self) -> None:
        """Answer a POST."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.arrived = Request(self.path, self.headers, body, self.client_address)
        self.receiver.requests.append(self.arrived)
        self.receiver.behaviour(self)

    def answer(
        self, status: int, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


Behaviour = Callable[[Handler], None]


class Receiver(ThreadingHTTPServer):
    """Records every request; answers 200 until told otherwise."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        class Bound(Handler):
            receiver = self

        super().__init__((host, port), Bound)
        self.requests: list[Request] = []
        self.behaviour: Behaviour = answers(200, b"ok")
        self.released = threading.Event()
        self.url = f"http://{host}:{self.server_port}/hook"
        if tls is not None:
            # Otherwise one client that says nothing would keep all others waiting.
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
            self.url = f"https://localhost:{self.server_port}/hook"

    def handle_error(self, *_: object) -> None:
        """Keep quiet about clients that hang up."""


@contextmanager
def running(
    tls: ssl.SSLContext | None = None, port: int = 0, host: str = "127.0.0.1"
) -> Iterator[Receiver]:
    """Run a receiver, behind TLS if so told, on a free port if none is given."""
    receiver = Receiver(tls, port, host)
    thread = threading.Thread(target=receiver.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        receiver.shutdown()
        thread.join()
        receiver.server_close()


def answers(
    status: int, content: bytes = b"", headers: dict[str, str] | None = None
) -> Behaviour:
    """Answer so."""
    return lambda handler: handler.answer(status, content, headers)


def hang(handler: Handler) -> None:
    """Say nothing until the test is over, or `released` is set."""
    handler.receiver.released.wait(20)
    handler.answer(200)


def drip(handler: Handler) -> None:
    """Begin an answer and send a byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b".")
        handler.wfile.flush()
        if handler.receiver.released.wait(0.05):
            return


def flood(handler: Handler) -> None:
    """Answer 200 with a body that has no end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.receiver.released.is_set():
        handler.wfile.write(b"x" * 65536)


def drip_slowly(handler: Handler) -> None:
    """Send one byte of the answer's head a second."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
        handler.wfile.write(bytes([byte]))
        if handler.receiver.released.wait(1):
            return


def flood_headers(handler: Handler) -> None:
    """Answer 200 with a head that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.receiver.released.is_set():
        handler.wfile.write(b"X-Flood: 0123456789\r\n" * 1000)


def flood_one_header(handler: Handler) -> None:
    """Answer 200 with a line of a head that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Flood: ")
    while not handler.receiver.released.is_set():
        handler.wfile.write(b"x" * 65536)


def flood_hints(handler: Handler) -> None:
    """Answer 103, and 103 again, and never anything else."""
    while not handler.receiver.released.is_set():
        handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000)


def reset(handler: Handler) -> None:
    """Cut the connection."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True


def babble(handler: Handler) -> None:
    """Answer something that is not HTTP."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    handler.close_connection = True


def wait_until(condition: Callable[[], object], timeout_s: float = 30) -> None:
    """Wait until *condition* holds; fail if it does not, even on a busy machine."""
    deadline = time.monotonic() + timeout_s
    pause_s = 0.005
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come to that in time")
        time.sleep(pause_s)
        # To look takes time, too, from whom is waited for.
        pause_s = min(pause_s * 1.3, 0.05)
