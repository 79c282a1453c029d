from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from plugin_cli.dev.grafana.splice import Splice, connect
from plugin_cli.errors import UsageError
from plugin_cli.system.ports import bind_loopback, free_port

_backends: list[Backend] = []


@pytest.fixture(autouse=True)
def _closed_backends() -> Iterator[None]:
    yield
    while _backends:
        _backends.pop().close()


class Backend:
    """Answers every message with its name in front."""

    def __init__(self, name: str) -> None:
        self.listener = bind_loopback(None)
        self.listener.listen()
        self.name = name.encode()
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        _backends.append(self)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def _accept(self) -> None:
        answering = []
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                break
            answering.append(threading.Thread(target=self._answer, args=(connection,), daemon=True))
            answering[-1].start()
        for thread in answering:
            thread.join(10)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            while data := _received(connection):
                connection.sendall(self.name + b":" + data)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


@contextmanager
def splice() -> Iterator[tuple[Splice, str]]:
    listener = bind_loopback(None)
    made = Splice(listener)
    made.start()
    try:
        yield made, f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        made.close()


def ask(connection: socket.socket, text: bytes) -> bytes:
    connection.settimeout(20)
    connection.sendall(text)
    return connection.recv(65536)


def test_bytes_go_both_ways() -> None:
    backend = Backend("one")
    with splice() as (made, address):
        made.point_at(backend.address)
        with closing(connect(address)) as connection:
            assert ask(connection, b"hello") == b"one:hello"
            assert ask(connection, b"again") == b"one:again"


def test_a_connection_waits_while_there_is_no_backend() -> None:
    with splice() as (made, address), closing(connect(address)) as connection:
        connection.sendall(b"early")
        made.point_at(Backend("late").address)
        connection.settimeout(20)

        assert connection.recv(100) == b"late:early"


def test_new_connections_go_to_the_new_backend_and_old_ones_stay() -> None:
    with splice() as (made, address):
        made.point_at(Backend("old").address)
        with closing(connect(address)) as first:
            assert ask(first, b"x") == b"old:x"
            made.point_at(Backend("new").address)
            with closing(connect(address)) as second:
                assert ask(second, b"y") == b"new:y"
            assert ask(first, b"z") == b"old:z"


def test_a_backend_that_refuses_is_waited_out() -> None:
    with splice() as (made, address):
        made.point_at(f"127.0.0.1:{free_port()}")
        with closing(connect(address)) as connection:
            connection.sendall(b"x")
            made.point_at(Backend("up").address)
            connection.settimeout(20)

            assert connection.recv(100) == b"up:x"


def test_closing_cuts_what_stands_and_what_waits() -> None:
    with splice() as (made, address):
        waiting = connect(address)
        made.point_at(Backend("b").address)
        standing = connect(address)
        ask(standing, b"x")
        made.point_at(None)
        late = connect(address)
        made.close()

        for connection in (standing, late):
            connection.settimeout(20)
            # The end of a stream, or a reset where bytes were still under way: either is a cut.
            with suppress(ConnectionResetError):
                assert connection.recv(10) == b""
            connection.close()
        waiting.close()


def test_a_large_answer_passes_whole(tmp_path: Path) -> None:
    payload = bytes(range(256)) * 40_000
    path = tmp_path / "s"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def send() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)
            connection.sendall(payload)

    threading.Thread(target=send, daemon=True).start()
    with splice() as (made, address):
        made.point_at(f"unix:{path}")
        with closing(connect(address)) as connection:
            connection.settimeout(20)
            connection.sendall(b"?")
            got = b"".join(iter(lambda: connection.recv(65536), b""))
    listener.close()

    assert got == payload


def test_a_taken_port_is_named() -> None:
    with bind_loopback(None) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} on 127.0.0.1 is taken"):
            bind_loopback(port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match="allowed: 1 to 65535"):
        bind_loopback(port)


def grpc_backend(name: str) -> tuple[object, str]:
    """Serve one method that answers with the backend's name, after as many milliseconds as it was sent."""
    import time
    from concurrent.futures import ThreadPoolExecutor

    import grpc

    def answer(request: bytes, _: object) -> bytes:
        time.sleep(int(request) / 1000)
        return name.encode()

    handler = grpc.unary_unary_rpc_method_handler(answer, bytes, bytes)
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("t", {"Name": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def test_drained_grpc_calls_move_to_the_new_backend_without_one_error() -> None:
    import grpc

    with splice() as (made, address):
        old, old_address = grpc_backend("old")
        made.point_at(old_address)
        with grpc.insecure_channel(address) as channel:
            ask_name = channel.unary_unary("/t/Name", bytes, bytes)
            assert ask_name(b"0") == b"old"
            slow = ask_name.future(b"1500")
            seen: list[bytes] = []
            servers = [old]
            for number in range(8):
                server, next_address = grpc_backend(f"new{number}")
                servers.append(server)
                made.point_at(next_address)
                made.drain()
                seen += [ask_name(b"0") for _ in range(100)]

            assert slow.result(timeout=30) == b"old"
        for server in servers:
            server.stop(0)  # type: ignore[attr-defined]  # untyped library

    assert seen[-1] == b"new7"
    assert len(set(seen)) == 8
