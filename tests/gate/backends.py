"""Backends on this machine, and the flags and keys of mutual TLS between them and the gate."""

from __future__ import annotations

from pathlib import Path

from tests.sdk.process.remote.certificates import Authority
from tests.sdk.process.remote.served import Served

PLUGIN = "tests.gate.plugin:Probe"


class Backend(Served):
    """One replica."""

    def __init__(self, listen: str, *flags: str | Path) -> None:
        super().__init__("--listen", listen, *flags, target=PLUGIN)
        self.at = self.address()


def mutual_tls(ours: Authority) -> tuple[list[str | Path], dict[str, str]]:
    """Return the flags of a backend and the keys of the gate, which trust each other."""
    server, client, root = ours.sign("server"), ours.sign("grafana"), ours.pair.cert
    flags: list[str | Path] = ["--tls-cert", server.cert, "--tls-key", server.key, "--client-ca", root]
    keys = {"backend_ca": str(root), "backend_cert": str(client.cert), "backend_key": str(client.key)}
    return flags, keys
