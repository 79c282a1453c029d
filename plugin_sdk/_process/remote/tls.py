"""The server's certificates, read again when their files change: they are renewed every few weeks."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import Any

from plugin_sdk import _log
from plugin_sdk._process.handshake import HandshakeError
from plugin_sdk._process.remote.options import Options


def server_credentials(grpc: Any, options: Options) -> Any:
    """Return gRPC's credentials for the files that the options name.

    Raises:
        HandshakeError: the files cannot be read, or do not belong together.
    """
    files = CertificateFiles(options)
    return grpc.dynamic_ssl_server_credentials(
        _configuration(grpc, files.read()),
        lambda: _renewed(grpc, files),
        require_client_authentication=bool(options.client_ca),
    )


def _renewed(grpc: Any, files: CertificateFiles) -> Any:
    changed = files.changed()
    return None if changed is None else _configuration(grpc, changed)


def _configuration(grpc: Any, contents: tuple[bytes, bytes, bytes | None]) -> Any:
    cert, key, client_ca = contents
    return grpc.ssl_server_certificate_configuration([(key, cert)], root_certificates=client_ca)


class CertificateFiles:
    """Certificate, key and clients' CA on disk."""

    def __init__(self, options: Options) -> None:
        self._paths = [path for path in (options.cert, options.key, options.client_ca) if path]
        self._lock = threading.Lock()
        self._stamp: tuple[Any, ...] = ()

    def read(self) -> tuple[bytes, bytes, bytes | None]:
        """Return certificate, key and CA.

        Raises:
            HandshakeError: they cannot be read, or do not belong together.
        """
        self._stamp = self._now()
        contents = [_content(path) for path in self._paths]
        self._check()
        return contents[0], contents[1], contents[2] if contents[2:] else None

    def changed(self) -> tuple[bytes, bytes, bytes | None] | None:
        """Return them if they have changed since; what cannot be used is logged, and the old ones stay."""
        with self._lock:
            if self._now() == self._stamp:
                return None
            try:
                found = self.read()
            except HandshakeError as error:
                # The pair is written one file after the other: the next connection looks again.
                _log.log("warn", f"the certificates stay as they were: {error}")
                return None
            _log.log("info", "the certificates were read again")
            return found

    def _now(self) -> tuple[Any, ...]:
        return tuple(_stamp(path) for path in self._paths)

    def _check(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cert, key, *client_ca = self._paths
        try:
            context.load_cert_chain(cert, key, password=lambda: b"")
            for path in client_ca:
                context.load_verify_locations(path)
        except ssl.SSLError as error:
            raise HandshakeError(
                f"{', '.join(self._paths)} cannot be used for TLS: {error.reason or error}; "
                "expected PEM files, the certificate first in its chain, its private key without a password"
            ) from error


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise HandshakeError(f"{path} cannot be read: {error.strerror or error}") from error


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
