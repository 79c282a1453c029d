"""go-plugin's handshake: the cookie, the threads that must be there, the address, the one line on stdout."""

from __future__ import annotations

import _thread
import os
import sys
import time
from typing import Any

from plugin_sdk._go_plugin import (
    APP_PROTOCOL_VERSION,
    CORE_PROTOCOL_VERSION,
    MAGIC_COOKIE_KEY,
    MAGIC_COOKIE_VALUE,
)

MAX_SOCKET_PATH_BYTES = 107
"""The size of a path in the kernel's address structure, without the terminating zero."""

NOT_EXECUTED_DIRECTLY = (
    "This binary is a plugin. These are not meant to be executed directly.\n"
    "Please execute the program that consumes these plugins, which will\n"
    "load any plugins automatically\n"
)


class HandshakeError(Exception):
    """The process cannot serve; the text gives the reason."""


def check_cookie(environ: dict[str, str] | Any) -> bool:
    """Return True if Grafana started this process."""
    return bool(environ.get(MAGIC_COOKIE_KEY) == MAGIC_COOKIE_VALUE)


def check_versions(environ: dict[str, str] | Any) -> None:
    """Refuse a host that does not support our protocol version, or that requires TLS.

    Raises:
        HandshakeError: the host is refused; the text is for its log.
    """
    offered = environ.get("PLUGIN_PROTOCOL_VERSIONS", str(APP_PROTOCOL_VERSION)).split(",")
    if str(APP_PROTOCOL_VERSION) not in [version.strip() for version in offered]:
        raise HandshakeError(
            f"the host offers protocol versions {offered}; this plugin supports {APP_PROTOCOL_VERSION}"
        )
    if environ.get("PLUGIN_CLIENT_CERT"):
        raise HandshakeError(
            "the host requires mutual TLS (PLUGIN_CLIENT_CERT), which this plugin does not support"
        )


def check_threads() -> None:
    """Refuse to start if too few threads can be started: gRPC would wait for them for ever.

    Raises:
        HandshakeError: the text names the limit to raise.
    """
    needed = 16 + min(16, max(4, os.cpu_count() or 4))
    end, started, before = _thread.allocate_lock(), 0, _thread._count()
    end.acquire()
    try:
        for started in range(needed):  # noqa: B007  # used in the error
            _thread.start_new_thread(_wait_for, (end,))
    except (RuntimeError, MemoryError):
        raise HandshakeError(
            f"only {started} more threads can be started here; a plugin needs {needed}. Raise the limit of "
            "processes (ulimit -u, the container's pids limit, TasksMax of the service), or of memory"
        ) from None
    finally:
        end.release()
        while _thread._count() > before:
            time.sleep(0)  # the last of them may still be ending


def _wait_for(end: _thread.LockType) -> None:
    with end:
        return


def line(network: str, address: str) -> str:
    """Return the handshake line for a listening address."""
    return f"{CORE_PROTOCOL_VERSION}|{APP_PROTOCOL_VERSION}|{network}|{address}|grpc\n"


def bind(server: Any, environ: dict[str, str] | Any) -> tuple[str, str]:
    """Bind the server as go-plugin does, and return the network and the address.

    A Unix socket in `PLUGIN_UNIX_SOCKET_DIR` or the temporary directory; loopback TCP on Windows, and where a
    socket cannot be created (a read-only directory, or a path longer than the kernel allows).

    Raises:
        HandshakeError: no address can be bound.
    """
    if sys.platform != "win32":
        path = _socket_path(environ.get("PLUGIN_UNIX_SOCKET_DIR") or None)
        if path is not None:
            server.add_insecure_port(f"unix:{path}")
            _share_with_group(path, environ.get("PLUGIN_UNIX_SOCKET_GROUP", ""))
            return "unix", path
    return "tcp", _bind_tcp(server, environ)


def _socket_path(folder: str | None) -> str | None:
    """Return an unused path for a socket, or None if a socket cannot be created there."""
    from plugin_sdk import _log

    # Not `tempfile`: importing it would add a third to the modules loaded before the handshake.
    home = folder or next(filter(None, map(os.environ.get, ("TMPDIR", "TMP", "TEMP"))), "/tmp")
    path = os.path.join(home, "plugin" + os.urandom(6).hex())  # noqa: PTH118
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        _log.log("warn", "the socket path is too long; serving on loopback TCP", path=path)
        return None
    if not os.access(home, os.W_OK | os.X_OK):
        _log.log("warn", "the directory for the socket is not writable; serving on loopback TCP", folder=home)
        return None
    return path


def _share_with_group(path: str, group: str) -> None:
    """Give the socket to a group, by name or number, as go-plugin does."""
    if not group or sys.platform == "win32":
        return
    import grp

    try:
        number = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
        os.chown(path, -1, number)
        os.chmod(path, 0o660)  # noqa: PTH101
    except (KeyError, OSError) as error:
        os.unlink(path)  # noqa: PTH108
        raise HandshakeError(f"cannot give the socket to group {group!r}: {error}") from error


def _bind_tcp(server: Any, environ: dict[str, str] | Any) -> str:
    import random

    low, high = int(environ.get("PLUGIN_MIN_PORT") or 0), int(environ.get("PLUGIN_MAX_PORT") or 0)
    ports = random.sample(range(low, high + 1), min(200, high - low + 1)) if 0 < low <= high else [0]
    for port in ports:
        try:
            bound = server.add_insecure_port(f"127.0.0.1:{port}")
        except RuntimeError:
            continue
        if bound:
            return f"127.0.0.1:{bound}"
    raise HandshakeError(f"no free port between {low} and {high} on 127.0.0.1")
