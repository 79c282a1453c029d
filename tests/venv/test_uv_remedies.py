"""What an error about the package index tells the user to do is done here, and then uv succeeds."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from plugin_cli.errors import PluginCliError
from plugin_cli.venv.uv import run_uv
from tests.venv.wheels import make_wheel

WHAT = "the plugin's environment cannot be made"


class Index(SimpleHTTPRequestHandler):
    """An index of the wheels in a folder, for one user if there is a password."""

    password = ""

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if self.password and base64.b64decode(given) != f"me:{self.password}".encode():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def index(folder: Path, *, password: str = "", certificate: Path | None = None) -> Iterator[str]:
    handler = type("Guarded", (Index,), {"password": password})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{'http' if certificate is None else 'https'}://localhost:{server.server_port}/simple"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Return the folder of an index that has `thing`."""
    folder = tmp_path / "index" / "simple" / "thing"
    folder.mkdir(parents=True)
    make_wheel(folder, "thing", "1.0")
    return tmp_path / "index"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "empty" / "simple").mkdir(parents=True)
    with index(tmp_path / "empty") as url:
        yield url


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what installs `thing`, as the user of a new machine."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "UV_SYSTEM_CERTS", "UV_INDEX", "PIP_FIND_LINKS", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    def run(*names: str) -> None:
        words = ["pip", "install", "--python", sys.executable, "--target", str(tmp_path / "site")]
        run_uv([*words, *(names or ["thing"])], what=WHAT, cwd=tmp_path)

    return run


def refused(install: Callable[[], None], what: str, *remedies: str) -> None:
    with pytest.raises(PluginCliError, match=what) as caught:
        install()
    for remedy in remedies:
        assert remedy in (caught.value.remedy or "")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="optional: makes certificates with openssl")
def test_an_index_with_a_certificate_of_its_own_authority(
    tmp_path: Path, packages: Path, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, certificate = _authority(tmp_path)
    with index(packages, certificate=certificate) as url:
        monkeypatch.setenv("UV_DEFAULT_INDEX", url)
        refused(install, "certificate of the package index is not trusted", "export SSL_CERT_FILE=<CA.pem>")

        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        install()


@pytest.mark.parametrize("where", ["address", "netrc"])
def test_an_index_that_wants_credentials(
    tmp_path: Path, packages: Path, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with index(packages, password="s3cret") as url:
        monkeypatch.setenv("UV_DEFAULT_INDEX", url)
        refused(install, "refuses the credentials", "UV_DEFAULT_INDEX=https://<USER>:<TOKEN>@", "~/.netrc")

        if where == "address":
            monkeypatch.setenv("UV_DEFAULT_INDEX", url.replace("://", "://me:s3cret@"))
        else:
            (tmp_path / "home" / ".netrc").write_text("machine localhost login me password s3cret\n")
        install()


def test_an_index_that_only_pip_knows(
    packages: Path, empty: str, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with index(packages) as url:
        monkeypatch.setenv("UV_DEFAULT_INDEX", empty)
        monkeypatch.setenv("PIP_INDEX_URL", url)
        refused(install, "no package index has dependency 'thing'", "PIP_INDEX_URL", "export UV_INDEX=<URL>")

        monkeypatch.setenv("UV_INDEX", url)
        install()


def test_no_network(packages: Path, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://localhost:9/simple")
    refused(install, "no package index can be reached", "export UV_DEFAULT_INDEX=<URL>")

    with index(packages) as url:
        monkeypatch.setenv("UV_DEFAULT_INDEX", url)
        install()


def test_a_home_that_cannot_be_written(
    tmp_path: Path, packages: Path, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with index(packages) as url:
        monkeypatch.setenv("UV_DEFAULT_INDEX", url)
        monkeypatch.setenv("UV_CACHE_DIR", "/dev/null/uv")
        refused(install, "cache cannot be written", "export UV_CACHE_DIR=<FOLDER>")

        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "other"))
        install()


def test_two_that_conflict(
    packages: Path, install: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, version, requires in (
        ("proto", "6.1", ()),
        ("proto", "3.9", ()),
        ("tool", "1.0", ("proto>=6",)),
    ):
        folder = packages / "simple" / name
        folder.mkdir(exist_ok=True)
        make_wheel(folder, name, version, requires=requires)
    with index(packages) as url:
        monkeypatch.setenv("UV_DEFAULT_INDEX", url)
        refused(
            lambda: install("tool", "proto<4"),
            "the dependencies tool and proto<4 conflict",
            "relax one of the two",
        )

        install("tool", "proto")


def _authority(folder: Path) -> tuple[Path, Path]:
    """Return the certificate of a new authority, and a server's that it signed, with its key."""

    def openssl(*words: str | Path) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("-newkey", "rsa:2048", "-nodes", "-days", "30")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Our authority")
    openssl("req", *new[:3], "-keyout", "key.pem", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    sign = ("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
    openssl(*sign, "-days", "30", "-extfile", "names", "-out", "server.pem")
    both = folder / "both.pem"
    both.write_text((folder / "server.pem").read_text() + (folder / "key.pem").read_text())
    return folder / "ca.pem", both
