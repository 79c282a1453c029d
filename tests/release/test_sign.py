"""Signing, against a local server that behaves as the service does."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.errors import PluginCliError, ProjectError, UsageError
from plugin_cli.release.sign import SignResult, sign
from plugin_cli.release.signing_service import SigningService
from tests.build.plugins import METADATA, valid_dist

TOKEN = "glsa_secret_token"
SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\n{}\n-----BEGIN PGP SIGNATURE-----\n"


@dataclass
class Service:
    url: str
    answers: list[tuple[int, str]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append((self.path, self.headers["Authorization"], body))
            status, text = state.answers.pop(0) if state.answers else (200, SIGNED.format(json.dumps(body)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_arguments: object) -> None:
            pass

    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state = Service(f"http://127.0.0.1:{server.server_port}/api")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plugin.json").write_text(json.dumps(METADATA))
    valid_dist(tmp_path / "dist")
    return tmp_path


def sign_with(project: Path, service: Service, *urls: str, **environment: str) -> SignResult:
    known = {"GRAFANA_ACCESS_POLICY_TOKEN": TOKEN, "GRAFANA_COM_URL": service.url}
    return sign(project, root_urls=urls, environment=known | environment)


def test_the_manifest_lists_every_file_and_its_answer_is_written(project: Path, service: Service) -> None:
    result = sign_with(project, service, "https://grafana.example.org/")
    (path, authorization, body) = service.requests[0]
    assert path == "/api/plugins/ci/sign"
    assert authorization == f"Bearer {TOKEN}"
    assert (body["plugin"], body["version"]) == ("acme-weather-datasource", "1.2.3")
    assert (body["rootUrls"], body["signatureType"]) == (["https://grafana.example.org/"], "private")
    assert body["files"]["README.md"] == hashlib.sha256(b"# Weather").hexdigest()
    assert len(body["files"]) == result.files == 12
    assert "SIGNED MESSAGE" in (project / "dist" / "MANIFEST.txt").read_text()


def test_signing_again_leaves_the_old_signature_out(project: Path, service: Service) -> None:
    for _ in range(2):
        sign_with(project, service)
    first, second = (body["files"] for _, _, body in service.requests)
    assert first == second


def test_a_service_that_is_down_for_a_moment_is_asked_again(project: Path, service: Service) -> None:
    service.answers = [(503, "busy"), (429, "slow down")]
    sign_with(project, service)
    assert len(service.requests) == 3


def test_a_service_that_stays_down_is_told_and_nothing_is_written(project: Path, service: Service) -> None:
    service.answers = [(502, f"bad gateway for {TOKEN}")] * 4
    with pytest.raises(PluginCliError, match="cannot be reached") as failure:
        sign_with(project, service)
    assert TOKEN not in str(failure.value)
    assert not (project / "dist" / "MANIFEST.txt").exists()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, UsageError, "not valid, or has expired"),
        (403, PluginCliError, "may not sign this plugin"),
        (400, PluginCliError, "rootUrls are wrong"),
    ],
)
def test_a_refusal_says_why_and_hides_the_token(
    project: Path, service: Service, status: int, kind: type[PluginCliError], words: str
) -> None:
    service.answers = [(status, json.dumps({"message": f"rootUrls are wrong: {TOKEN}"}))]
    with pytest.raises(kind, match=words) as failure:
        sign_with(project, service)
    assert TOKEN not in str(failure.value)
    assert len(service.requests) == 1


def test_an_answer_that_is_no_manifest_is_refused(project: Path, service: Service) -> None:
    service.answers = [(200, "<html>login</html>")]
    with pytest.raises(PluginCliError, match="something else than a signed manifest"):
        sign_with(project, service)


def test_nobody_listening_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    service = SigningService("http://127.0.0.1:9", TOKEN, sleep=waits.append)
    with pytest.raises(PluginCliError, match="tried 4 times"):
        service.sign({})
    assert waits == [2.0, 4.0, 8.0]


def test_without_a_token_nothing_is_sent(project: Path, service: Service) -> None:
    with pytest.raises(UsageError, match="GRAFANA_ACCESS_POLICY_TOKEN is not set"):
        sign(project, root_urls=(), environment={"GRAFANA_COM_URL": service.url})
    assert service.requests == []


def test_the_token_never_goes_out_unencrypted(project: Path, service: Service) -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        sign_with(project, service, GRAFANA_COM_URL="http://grafana.example.org/api")


@pytest.mark.parametrize("url", ["grafana.example.org", "ftp://grafana.example.org", "https://"])
def test_a_root_url_that_is_none_is_named(project: Path, service: Service, url: str) -> None:
    with pytest.raises(UsageError, match="--root-urls does not take"):
        sign_with(project, service, url)


def test_a_read_only_dist_is_told(project: Path, service: Service) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a mount needs root on Linux")
    dist = project / "dist"
    subprocess.run(["mount", "--bind", dist, dist], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", dist], check=True)
        with pytest.raises(
            PluginCliError, match=r"MANIFEST\.txt cannot be written\n  .*Read-only file system"
        ):
            sign_with(project, service)
    finally:
        subprocess.run(["umount", dist], check=True)


def test_what_validate_refuses_is_not_signed(project: Path, service: Service) -> None:
    (project / "dist" / "standalone.txt").touch()
    with pytest.raises(ProjectError, match=r"standalone\.txt"):
        sign_with(project, service)
    assert service.requests == []
