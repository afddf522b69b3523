"""The client of the benchmarks: what it takes for a success."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from benchmarks.blobs import Blob
from benchmarks.connection import Connection
from benchmarks.images import Shape, build_image
from benchmarks.load import ACTS
from benchmarks.operations import Answer, Unexpected, push, read_list
from benchmarks.stock import Listing

LISTING = Listing("/v2/team/app/tags/list", "tags", ["1", "2"])
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def read_names(listener: socket.socket, *parts: bytes) -> list[bool]:
    """Read a list that comes in these parts; tell after which the client is done."""
    address, port = listener.getsockname()
    with (
        closing(Connection(f"{address}:{port}")) as connection,
        listener.accept()[0] as served,
    ):
        connection.start(read_list("host", LISTING))
        done = []
        for part in parts:
            served.sendall(part)
            done.append(connection.advance())
    return done


def test_an_answer_may_come_in_chunks_and_these_in_parts(
    listener: socket.socket,
) -> None:
    done = read_names(
        listener,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        b'8\r\n{"tags":\r\n',
        b'a\r\n["2", "1"]\r\n1\r\n}\r',
        b"\n0\r\n\r",
        b"\n",
    )

    assert done == [False, False, False, False, True]


def test_a_list_of_other_names_is_no_success(listener: socket.socket) -> None:
    with pytest.raises(Unexpected):
        read_names(listener, HEAD + b'Content-Length: 14\r\n\r\n{"tags":["1"]}')


def test_a_large_blob_has_the_digest_of_what_is_sent() -> None:
    hashed = hashlib.sha256()
    for block in Blob("some").blocks():
        hashed.update(block)

    assert Blob("some").digest == f"sha256:{hashed.hexdigest()}"
    assert Blob("other").digest != Blob("some").digest


@pytest.mark.parametrize("layers", [1, 5])
def test_a_push_takes_as_many_requests_as_are_counted(layers: int) -> None:
    operation = push("host", build_image("series", 0, Shape(layers=layers)))

    requests = [next(operation)]
    with suppress(StopIteration):
        while True:
            status = 202 if requests[-1].startswith(b"POST") else 201
            answer = Answer(status, b"\r\nlocation: /upload?state=1", b"")
            requests.append(operation.send(answer))

    assert len(requests) == ACTS["push"].count_requests(layers)
