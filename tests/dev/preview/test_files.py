from __future__ import annotations

import socket
from pathlib import Path

import pytest

from plugin_cli.dev.preview.files import Files
from tests.dev.preview.conftest import Served

PLUGIN = "/public/plugins/acme-weather-datasource"


def test_the_plugins_files_are_never_kept_by_the_browser(served: Served) -> None:
    answer = served.http.get(PLUGIN + "/module.js?_cache=1.0.0")

    assert (answer.status_code, answer.text) == (200, "define([])")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/none.js", "/", "/../page/index.html", "/%2e%2e/page/index.html", "/..%2fpage%2findex.html"]
)
def test_no_path_leads_out_of_the_folder(served: Served, path: str) -> None:
    # By hand: an HTTP client would shorten the path before it sends it.
    request = f"GET {PLUGIN}{path} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 404")
    assert b"doctype" not in answer


def test_a_link_that_leads_out_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "in.txt").write_text("x")
    (tmp_path / "dist" / "out.txt").symlink_to(tmp_path / "secret.txt")
    files = Files([tmp_path / "dist"])

    assert files.find("out.txt") is None
    assert files.find("in.txt") == (tmp_path / "dist" / "in.txt").resolve()


@pytest.mark.parametrize("path", ["", "/etc/passwd", "a//b", "./in.txt", "C:/x", "in.txt\0", "..\\x"])
def test_odd_paths_are_no_files(tmp_path: Path, path: str) -> None:
    (tmp_path / "in.txt").write_text("x")

    assert Files([tmp_path]).find(path) is None


def test_the_first_folder_wins(tmp_path: Path) -> None:
    for name in ("made", "dist"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "module.js").write_text(name)

    found = Files([tmp_path / "absent", tmp_path / "made", tmp_path / "dist"]).find("module.js")

    assert found is not None
    assert found.read_text() == "made"


def test_another_plugins_files_are_404(served: Served) -> None:
    assert served.http.get("/public/plugins/other-datasource/module.js").status_code == 404


def test_the_page_learns_what_it_needs_to_start(served: Served) -> None:
    assert served.http.get("/").text == "<!doctype html>"

    start = served.http.get("/api/preview").json()

    assert start["module"] == "public/plugins/acme-weather-datasource/module.js"
    assert start["datasource"] == {"uid": "weather", "name": "Weather"}
    assert start["schema"]["version"] == 1
    assert start["backend"] == {"mode": "source", "running": True, "message": ""}


def test_a_plugin_without_module_js_says_so(served: Served) -> None:
    (served.dist / "module.js").unlink()

    assert served.http.get("/api/preview").json()["module"] is None


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/nothing", 404), ("GET", "/api/ds/query", 405)]
)
def test_an_unknown_route_is_json_too(served: Served, method: str, path: str, status: int) -> None:
    answer = served.http.request(method, path)

    assert answer.status_code == status
    assert answer.json()["message"]


def test_a_defect_is_500_and_told_to_the_session(served: Served) -> None:
    served.bridge.failure = RuntimeError("a defect")

    answer = served.http.get("/api/datasources/uid/weather/health")

    assert (answer.status_code, answer.json()["message"]) == (
        500,
        "the preview failed: RuntimeError: a defect",
    )
    told = served.errors.get(timeout=10)
    assert "Traceback" in told
    assert "a defect" in told


@pytest.mark.parametrize("name", ["n" * 256, "n" * 5000, "/".join(["n"] * 3000), "%00", "%ff%fe"])
def test_a_name_that_no_file_system_takes_is_404(served: Served, name: str) -> None:
    for base in (PLUGIN, "/_page"):
        answer = served.http.get(f"{base}/{name}")

        assert answer.status_code == 404
        assert answer.json()["message"].startswith("no such file")


def test_a_file_that_is_replaced_while_it_is_sent_goes_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "module.js").write_text("old")

    answer = Files([tmp_path]).response("module.js")
    (tmp_path / "module.js").write_text("new and longer")

    assert bytes(answer.body) == b"old"
    assert answer.headers["content-length"] == "3"
