"""Listening sockets on this machine's own address: bound once, so no port is lost between check and use."""

from __future__ import annotations

import errno
import socket
import sys

from plugin_cli.errors import UsageError

LOOPBACK = "127.0.0.1"


def bind_loopback(port: int | None) -> socket.socket:
    """Return a socket bound to `port` on 127.0.0.1, or to a free one.

    Raises:
        UsageError: the port is taken, needs more rights, or is none.
    """
    if port is not None and not 1 <= port <= 65535:
        raise UsageError(f"--port does not take {port}", why="allowed: 1 to 65535")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # Lets a restart take the port that the previous run just left; on Windows the same option
        # would let two programs share it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port or 0))
    except OSError as error:
        listener.close()
        raise port_error(port, error) from error
    return listener


def port_error(port: int | None, error: OSError) -> UsageError:
    """Return the sentence for a port that cannot be bound."""
    if error.errno == errno.EACCES:
        return UsageError(
            f"port {port} on {LOOPBACK} is not allowed to this user",
            why=str(error),
            remedy="--port 8080   (or leave --port out: a free port is found)",
        )
    return UsageError(
        f"port {port} on {LOOPBACK} is taken by another program",
        why=str(error),
        remedy="leave --port out: a free port is found",
    )


def free_port() -> int:
    """Return a port that is free now; for programs that need a number up front."""
    with bind_loopback(None) as listener:
        return int(listener.getsockname()[1])
