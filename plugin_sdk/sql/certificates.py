"""The certificates of the settings, as the drivers take them."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_sdk.sql.failures import SqlError, Trouble

if TYPE_CHECKING:
    import ssl

_FILES = {"sslrootcert": "tls_ca_cert", "sslcert": "tls_client_cert", "sslkey": "tls_client_key"}


def texts_of(settings: Any) -> dict[str, str]:
    """Return the PEM texts that are filled in, by libpq's names, and none where the mode uses none.

    Raises:
        SqlError: a certificate without its key, or a key without its certificate.
    """
    if settings.tls_mode == "disable":
        return {}
    found = {name: getattr(settings, field).get_secret_value().strip() for name, field in _FILES.items()}
    if bool(found["sslcert"]) != bool(found["sslkey"]):
        raise SqlError(
            Trouble.SETTINGS,
            "the data source has a client certificate or a client key, but not both; enter both or none",
        )
    if not settings.tls_mode.startswith("verify"):
        del found["sslrootcert"]
    return {name: text for name, text in found.items() if text}


def tls_context_of(settings: Any) -> ssl.SSLContext:
    """Return the context of the settings' mode and certificates."""
    from plugin_sdk.http.options import TlsOptions
    from plugin_sdk.http.tls import tls_context

    texts = texts_of(settings)
    context = tls_context(
        TlsOptions(
            ca_cert=texts.get("sslrootcert", ""),
            client_cert=texts.get("sslcert", ""),
            client_key=texts.get("sslkey", ""),
            skip_verify=settings.tls_mode == "require",
        )
    )
    if settings.tls_mode == "verify-ca":
        context.check_hostname = False
    return context


class Certificates:
    """The certificates as files that this user alone may read, until closed."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()

    def files(self) -> dict[str, str]:
        """Return the paths by libpq's names, written on first use."""
        texts = texts_of(self._settings)
        if not texts:
            return {}
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="plugin-tls-", ignore_cleanup_errors=True)
            found = {}
            for name, text in texts.items():
                path = Path(self._folder.name, f"{name}.pem")
                path.touch(mode=0o600)
                path.write_text(text + "\n", encoding="utf-8")
                found[name] = str(path)
            return found

    def close(self) -> None:
        """Remove the files."""
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
            self._folder = None
