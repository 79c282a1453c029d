"""The sockets on which the server listens: code that closes descriptors it does not know takes them away."""

from __future__ import annotations

import contextlib
import os
import socket
import stat

from plugin_sdk._process.relay import open_descriptors


class Listening:
    """Remembers the descriptors on which the server listens, and checks that they are still the same.

    Args:
        address: the server's own address, a path or `host:port`.
    """

    def __init__(self, address: str) -> None:
        self._found: dict[int, int] = {}
        for descriptor in open_descriptors():
            with contextlib.suppress(OSError):
                status = os.fstat(descriptor)
                if stat.S_ISSOCK(status.st_mode) and _listens(descriptor, address):
                    self._found[descriptor] = status.st_ino

    def check(self) -> str:
        """Return why nobody can reach the server any more, or the empty string."""
        for descriptor, inode in self._found.items():
            try:
                same = os.fstat(descriptor).st_ino == inode
            except OSError:
                same = False
            if not same:
                return "the plugin's code has closed the descriptor of the server's socket"
        return ""


def own_address(descriptor: int) -> str:
    """Return the address to which a socket is bound, as the handshake line has it."""
    with socket.socket(fileno=os.dup(descriptor)) as found:
        return _text(found.getsockname())


def _listens(descriptor: int, address: str) -> bool:
    with socket.socket(fileno=os.dup(descriptor)) as found:
        listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        return bool(listening) and _text(found.getsockname()) == address


def _text(name: object) -> str:
    return name if isinstance(name, str) else f"{name[0]}:{name[1]}" if isinstance(name, tuple) else ""
