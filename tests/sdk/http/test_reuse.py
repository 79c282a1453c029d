"""A server that closes an idle connection just when the next request is on its way, as a restart does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from plugin_sdk.http import http_client
from tests.sdk.http.service import Order

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def _answer(connection: socket.socket, times: int) -> None:
    """Answer some requests of a connection; the one after them is read, and the connection closed."""
    with connection:
        for left in range(times, -1, -1):
            received = b""
            while b"\r\n\r\n" not in received:
                part = connection.recv(65536)
                if not part:
                    return
                received += part
            if left:
                connection.sendall(_ANSWER)


@pytest.fixture
def address() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    _answer(connection, 1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_may_be_repeated_is_sent_again_on_a_new_connection(method: str, address: str) -> None:
    with http_client(Order().instance()) as client:
        client.get(address)

        assert client.request(method, address).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_may_change_something_is_not_sent_twice(method: str, address: str) -> None:
    with http_client(Order().instance()) as client:
        client.get(address)

        with pytest.raises(httpx.RemoteProtocolError, match="without a complete response"):
            client.request(method, address)
