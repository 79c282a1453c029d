"""Telling an HTTP/2 client, from the middle of a connection, to make its next calls on a new one.

A server that shuts down says so with a GOAWAY frame, but rejects what arrives before the client has read
it. Said from here it is exact: what was passed on counts as taken, what comes later is not passed on, and
by the protocol the client repeats just that elsewhere.
"""

from __future__ import annotations

import socket
import threading

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD = 9
_HEADERS, _GOAWAY, _CONTINUATION = 1, 7, 9
_END_HEADERS = 4


class Drain:
    """Both directions of one connection; anything but HTTP/2 passes as it is and cannot be drained."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self._near = near
        self._far = far
        self._lock = threading.Lock()
        self._http2: bool | None = None
        self._upstream = bytearray()
        self._downstream = bytearray()
        self._highest = 0
        self._last: int | None = None

    def begin(self) -> None:
        """Send the client away; calls that it has begun go on."""
        with self._lock:
            if not self._http2 or self._last is not None:
                return
            self._last = self._highest
            payload = self._last.to_bytes(4, "big") + bytes(4)
            self._near.sendall(len(payload).to_bytes(3, "big") + bytes((_GOAWAY, 0)) + bytes(4) + payload)

    def up(self, data: bytes) -> None:
        """Pass on what the client sent."""
        with self._lock:
            self._upstream += data
            if self._http2 is None and not self._recognise():
                return
            passed = bytes(self._upstream) if not self._http2 else self._frames_up()
            if not self._http2:
                self._upstream.clear()
        # Outside the lock: a backend that reads slowly must not hold up its own answers.
        self._far.sendall(passed)

    def down(self, data: bytes) -> None:
        """Pass on what the backend sent, in whole frames, so that ours can stand between two of them."""
        with self._lock:
            if not self._http2:
                self._near.sendall(data)
                return
            self._downstream += data
            whole = _whole(self._downstream)
            self._near.sendall(self._downstream[:whole])
            del self._downstream[:whole]

    def _recognise(self) -> bool:
        """Say whether it is known yet what the connection speaks."""
        begun = bytes(self._upstream[: len(_PREFACE)])
        if not _PREFACE.startswith(begun):
            self._http2 = False
        elif len(begun) == len(_PREFACE):
            self._http2 = True
            self._far.sendall(_PREFACE)
            del self._upstream[: len(_PREFACE)]
        return self._http2 is not None

    def _frames_up(self) -> bytes:
        """Take the whole frames out of the buffer and return those that go to the backend."""
        passed = bytearray()
        while (size := _frame_size(self._upstream)) is not None:
            kind, stream = self._upstream[3], int.from_bytes(self._upstream[5:9], "big") & 0x7FFFFFFF
            if kind == _HEADERS and self._last is None:
                self._highest = max(self._highest, stream)
            if self._last is None or stream <= self._last:
                passed += self._upstream[:size]
            del self._upstream[:size]
        return bytes(passed)


def _frame_size(buffer: bytearray) -> int | None:
    """Return the size of the first frame, or None while it is not there whole."""
    if len(buffer) < _HEAD:
        return None
    size = _HEAD + int.from_bytes(buffer[:3], "big")
    return size if len(buffer) >= size else None


def _whole(buffer: bytearray) -> int:
    """Return how many bytes of the buffer are whole frames; headers in several frames count as one."""
    end = position = 0
    view = memoryview(buffer)
    try:
        while len(buffer) - position >= _HEAD:
            size = _HEAD + int.from_bytes(view[position : position + 3], "big")
            if len(buffer) - position < size:
                break
            kind, flags = view[position + 3], view[position + 4]
            position += size
            if kind not in {_HEADERS, _CONTINUATION} or flags & _END_HEADERS:
                end = position
    finally:
        view.release()
    return end
