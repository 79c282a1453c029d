"""A certificate authority of the tests, and what it signs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    cert: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """Signs certificates for 127.0.0.1, unless told otherwise."""

    pair: Pair

    def sign(self, name: str, *, hosts: str = "IP:127.0.0.1,DNS:localhost", days: int = 2) -> Pair:
        """Return a new certificate; a second one of the same name replaces the first."""
        folder = self.pair.cert.parent
        pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
        request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={hosts}\n")
        _openssl(*_KEY, "-keyout", pair.key, "-out", request, "-subj", f"/CN={name}")
        authority = (
            "-CA",
            self.pair.cert,
            "-CAkey",
            self.pair.key,
            "-CAcreateserial",
            "-extfile",
            extensions,
        )
        _openssl("x509", "-req", "-in", request, *authority, "-days", f"{days}", "-out", pair.cert)
        return pair


_KEY = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(folder: Path, name: str = "ca") -> Authority:
    """Make an authority in `folder`."""
    folder.mkdir(exist_ok=True)
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    _openssl(*_KEY, "-x509", "-keyout", pair.key, "-out", pair.cert, "-subj", f"/CN={name}", "-days", "2")
    return Authority(pair)


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
