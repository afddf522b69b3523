"""A real proxy that connects for its clients, to a receiver of ours or not at all."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class EgressProxy(socketserver.ThreadingTCPServer):
    """Takes CONNECT; notes the head of each, and answers *refusal* if there is one."""

    daemon_threads = True

    def __init__(self, target_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target_port = target_port
        self.heads: list[str] = []
        self.refusal: bytes | None = None
        self.address = f"127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.StreamRequestHandler):
    server: EgressProxy

    def handle(self) -> None:
        """Connect to the target, whatever its name is."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline()
        self.server.heads.append(head.decode())
        if self.server.refusal is not None:
            self.wfile.write(self.server.refusal)
            return
        self.wfile.write(b"HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.server.target_port)) as target:
            back = threading.Thread(target=_copy, args=(target, self.connection))
            back.start()
            _copy(self.connection, target)
            back.join()


@contextmanager
def running(target_port: int) -> Iterator[EgressProxy]:
    """Run a proxy that takes every name for the one server on *target_port*."""
    with EgressProxy(target_port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
