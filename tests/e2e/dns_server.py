"""A name server that knows one address for every name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWER = bytes((192, 0, 2, 53))


@contextmanager
def dns_server(address: str) -> Iterator[None]:
    """Answer on port 53 of `address` inside the block."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        thread = threading.Thread(target=_serve, args=(server,), daemon=True)
        thread.start()
        yield
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", (address, 53))
        thread.join(timeout=5)


def _serve(server: socket.socket) -> None:
    while True:
        question, sender = server.recvfrom(512)
        if not question:
            return
        server.sendto(_answer(question), sender)


def _answer(question: bytes) -> bytes:
    end = question.index(b"\0", 12) + 5
    asks_ipv4 = question[end - 4 : end - 2] == b"\0\1"
    header = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if asks_ipv4 else b"\0\0") + bytes(4)
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + _ANSWER if asks_ipv4 else b""
    return header + question[12:end] + record
