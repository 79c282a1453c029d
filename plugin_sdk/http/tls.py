"""The TLS context of a data source's connections."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_sdk.errors import DownstreamError
from plugin_sdk.http.options import TlsOptions

if TYPE_CHECKING:
    import ssl


def tls_context(options: TlsOptions) -> ssl.SSLContext:
    """Return the context: the system's certificates, or those of the settings alone.

    Raises:
        DownstreamError: a certificate or key of the settings cannot be read.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if options.only_1_3 else ssl.TLSVersion.TLSv1_2
    # A certificate that the settings name is trusted, also one that another authority has signed.
    context.verify_flags |= getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
    with contextlib.suppress(AttributeError):  # some builds of OpenSSL have no such switch
        context.hostname_checks_common_name = False
    if options.skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not options.ca_cert:
        _trust_system(context)
    if options.ca_cert:
        _trust(context, options.ca_cert)
    if options.client_cert and options.client_key:
        _identify(context, options.client_cert, options.client_key)
    return context


def _trust_system(context: ssl.SSLContext) -> None:
    context.load_default_certs()
    if not context.cert_store_stats()["x509_ca"] and not _has_certificate_folder():
        import certifi

        context.load_verify_locations(cafile=certifi.where())


def _has_certificate_folder() -> bool:
    """Return True if OpenSSL reads single certificates of a folder when it needs them."""
    import ssl

    folder = ssl.get_default_verify_paths().capath
    return folder is not None and any(Path(folder).glob("*.0"))


def _trust(context: ssl.SSLContext, pem: str) -> None:
    import ssl

    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise _unreadable("CA certificate", "-----BEGIN CERTIFICATE-----") from error


def _identify(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load a certificate and its key; OpenSSL takes them from a file only, which is gone at once."""
    import ssl

    with tempfile.TemporaryDirectory(prefix="plugin-tls-") as folder:
        path = Path(folder, "client.pem")  # the folder is readable to this user alone
        path.write_text(f"{certificate.strip()}\n{key.strip()}\n", encoding="utf-8")
        try:
            context.load_cert_chain(path, password=lambda: b"")  # without it, OpenSSL asks on the terminal
        except (ssl.SSLError, ValueError) as error:
            if "MISMATCH" in str(error):
                raise DownstreamError(
                    "the client key in the data source's settings does not belong to its client certificate; "
                    "enter both of one pair",
                    status=400,
                ) from error
            raise _unreadable(
                "client certificate or key", "-----BEGIN ...-----, the key without a password"
            ) from error


def _unreadable(what: str, expected: str) -> DownstreamError:
    return DownstreamError(
        f"the {what} in the data source's settings cannot be read; expected PEM text, which begins with "
        f"{expected}",
        status=400,
    )
