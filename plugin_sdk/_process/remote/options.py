"""The flags of `serve --listen`, checked before anything is started."""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from typing import Any, NamedTuple

LEVELS = ("trace", "debug", "info", "warn", "error")
_MAX_WORKERS = 256


# Each with its help, and what else argparse is told.
_FLAGS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "--listen",
        "HOST:PORT, :PORT for every address, or unix:/PATH",
        {"metavar": "ADDRESS", "required": True},
    ),
    (
        "--tls-cert",
        "certificate, PEM, first in its chain",
        {"metavar": "FILE", "default": "", "dest": "cert"},
    ),
    ("--tls-key", "its private key, PEM", {"metavar": "FILE", "default": "", "dest": "key"}),
    ("--client-ca", "whose signature a client needs, PEM", {"metavar": "FILE", "default": ""}),
    ("--plaintext", "no TLS on an outside address: something else encrypts", {"action": "store_true"}),
    ("--workers", "processes that share the port (1)", {"metavar": "N", "type": int, "default": 1}),
    ("--metrics", "HOST:PORT where Prometheus reads /metrics", {"metavar": "ADDRESS", "default": ""}),
    (
        "--lame-duck",
        "how long calls are still taken after SIGTERM (5)",
        {"metavar": "SECONDS", "type": float, "default": 5.0},
    ),
    (
        "--drain",
        "how long calls under way may take after that (20)",
        {"metavar": "SECONDS", "type": float, "default": 20.0},
    ),
    (
        "--log-level",
        "the lowest level logged (info)",
        {"choices": LEVELS, "default": "info", "dest": "level"},
    ),
)


class Options(NamedTuple):
    """What a server is started with.

    Attributes:
        listen: where calls come in: `host:port`, or `unix:/path`.
        cert: the server's certificate, PEM, with its chain; empty: no TLS.
        key: its private key.
        client_ca: who must have signed a client's certificate; empty: none is asked for.
        plaintext: listen without TLS on an address that other machines reach.
        workers: how many processes share the address.
        metrics: where Prometheus asks, `host:port`; empty: nowhere.
        lame_duck: seconds between the first word of an end and the refusal of new calls.
        drain: seconds that calls under way have after that.
        level: the lowest level that is logged.
    """

    listen: str
    cert: str = ""
    key: str = ""
    client_ca: str = ""
    plaintext: bool = False
    workers: int = 1
    metrics: str = ""
    lame_duck: float = 5.0
    drain: float = 20.0
    level: str = "info"


def parse(arguments: list[str], *, program: str) -> Options:
    """Return the options; a wrong one ends the process with a sentence and code 2, `--help` with 0."""
    parser = _parser(program)
    found = Options(**vars(parser.parse_args(arguments)))
    problem = _problem(found)
    if problem:
        parser.error(problem)
    return found._replace(
        listen=_everywhere(found.listen), metrics=_everywhere(found.metrics) if found.metrics else ""
    )


def host_and_port(address: str) -> tuple[str, int]:
    """Return the two parts of `host:port` or `[::1]:port`."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        allow_abbrev=False,
        description="Serve the plugin to callers on other machines. Logs go to stdout as JSON.",
    )
    for flag, help_text, facts in _FLAGS:
        parser.add_argument(flag, help=help_text, **facts)
    return parser


def _problem(options: Options) -> str:
    return (
        _address_problem("--listen", options.listen, unix=True)
        or (_address_problem("--metrics", options.metrics) if options.metrics else "")
        or _tls_problem(options)
        or _workers_problem(options)
        or _seconds_problem(options)
    )


def _address_problem(flag: str, address: str, *, unix: bool = False) -> str:
    if unix and address.startswith("unix:"):
        return (
            ""
            if len(address) > len("unix:")
            else f"{flag}: unix: needs a path, such as unix:/run/plugin.sock"
        )
    port = address.rpartition(":")[2]
    if ":" not in address or not port.isdecimal() or int(port) > 65535:
        return f"{flag}: {address!r} is not an address: expected HOST:PORT, for example 0.0.0.0:9000"
    host = address.rpartition(":")[0]
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        return f"{flag}: {address!r}: an IPv6 address stands in brackets, for example [::1]:9000"
    return ""


def _tls_problem(options: Options) -> str:
    if bool(options.cert) != bool(options.key):
        return "--tls-cert and --tls-key go together: a certificate, and the private key that it was made for"
    if options.client_ca and not options.cert:
        return "--client-ca needs --tls-cert and --tls-key: certificates of clients are part of TLS"
    if options.cert and options.plaintext:
        return "--plaintext and --tls-cert exclude each other"
    if not options.cert and not options.plaintext and not _is_private(options.listen):
        return (
            f"--listen {options.listen} without TLS: the secrets of data sources would cross the network as "
            "they are. Give --tls-cert and --tls-key, or --plaintext where a service mesh or such encrypts"
        )
    return ""


def _is_private(address: str) -> bool:
    if address.startswith("unix:"):
        return True
    host = host_and_port(address)[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _workers_problem(options: Options) -> str:
    if not 1 <= options.workers <= _MAX_WORKERS:
        return f"--workers: {options.workers} is not between 1 and {_MAX_WORKERS}"
    if options.workers > 1 and (options.listen.startswith("unix:") or not _has_reuse_port()):
        return "--workers: processes can share a TCP port on Linux and macOS, and nothing else"
    return ""


def _has_reuse_port() -> bool:
    import socket

    return sys.platform != "win32" and hasattr(socket, "SO_REUSEPORT")


def _seconds_problem(options: Options) -> str:
    for flag, seconds in (("--lame-duck", options.lame_duck), ("--drain", options.drain)):
        if not 0 <= seconds <= 3600:
            return f"{flag}: {seconds:g} is not between 0 and 3600 seconds"
    return ""


def _everywhere(address: str) -> str:
    """Return the address, with every address of the machine before a port alone."""
    if not address.startswith(":"):
        return address
    return ("[::]" if _has_ipv6() else "0.0.0.0") + address


def _has_ipv6() -> bool:
    return os.path.exists("/proc/net/if_inet6") or sys.platform != "linux"  # noqa: PTH110
