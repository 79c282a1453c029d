"""Each rule finds what it is for, and nothing in a good plugin."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_cli.errors import ProjectError
from plugin_cli.release.archive import write_zip
from plugin_cli.release.open_plugin import open_plugin
from plugin_cli.release.rules import check
from tests.build.plugins import METADATA, change_metadata, elf, valid_dist

Break = Callable[[Path], object]


def write(name: str, text: str = "x") -> Break:
    def change(dist: Path) -> None:
        (dist / name).parent.mkdir(parents=True, exist_ok=True)
        (dist / name).write_text(text)

    return change


def change(**metadata: object) -> Break:
    return lambda dist: change_metadata(dist, **metadata)


def info(**values: object) -> Break:
    return change(info=METADATA["info"] | values)


def found(place: Path) -> set[tuple[str, str, str]]:
    return {(item.rule, item.severity, item.file) for item in check(open_plugin(place))}


NOTICE = ("catalogue", "notice", "plugin.json")
EXE = "gpx_weather_linux_amd64"


@pytest.fixture(autouse=True)
def _no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)


def test_a_good_plugin_has_only_the_notice_about_the_catalogue(tmp_path: Path) -> None:
    assert found(valid_dist(tmp_path / "dist")) == {NOTICE}


@pytest.mark.parametrize(
    ("break_it", "finding"),
    [
        (lambda d: (d / "plugin.json").unlink(), ("metadata", "error", "plugin.json")),
        (write("plugin.json", "["), ("metadata", "error", "plugin.json")),
        (change(name=None), ("metadata", "error", "plugin.json")),
        (change(backend="yes"), ("metadata", "error", "plugin.json")),
        (change(type="theme"), ("metadata", "error", "plugin.json")),
        (change(colour="red"), ("metadata", "warning", "plugin.json")),
        (change(id="Acme-Weather-datasource"), ("id", "error", "plugin.json")),
        (change(id="acme-weather-panel"), ("id", "error", "plugin.json")),
        (info(version="1.2"), ("version", "error", "plugin.json")),
        (info(version="%VERSION%"), ("placeholder", "error", "plugin.json")),
        (info(updated="%TODAY%"), ("placeholder", "error", "plugin.json")),
        (info(description=""), ("description", "warning", "plugin.json")),
        (info(logos={}), ("logos", "error", "plugin.json")),
        (info(screenshots=[{"path": "img/a.png"}]), ("logos", "error", "img/a.png")),
        (change(dependencies={}), ("grafana-dependency", "error", "plugin.json")),
        (change(executable=None), ("executable", "error", "plugin.json")),
        (change(backend=None), ("alerting", "error", "plugin.json")),
        (lambda d: (d / EXE).unlink(), ("executable", "error", EXE)),
        (lambda d: (d / EXE).rename(d / "gpx_weather_linux_arm64"), ("systems", "warning", "plugin.json")),
        (lambda d: (d / EXE).chmod(0o644), ("modes", "error", EXE)),
        (write("gpx_weather_linux_amd64.sha256"), ("modes", "error", "gpx_weather_linux_amd64.sha256")),
        (lambda d: (d / "module.js").chmod(0o600), ("modes", "error", "module.js")),
        (lambda d: (d / "README.md").unlink(), ("documents", "error", "README.md")),
        (lambda d: (d / "CHANGELOG.md").unlink(), ("documents", "warning", "CHANGELOG.md")),
        (lambda d: (d / "link").symlink_to("README.md"), ("links", "error", "link")),
        (write("linux_amd64/dash/plugin.json"), ("nested-plugin", "error", "linux_amd64/dash/plugin.json")),
        (write("dist/x"), ("nested-dist", "error", "dist/")),
        (write("standalone.txt"), ("forbidden-file", "error", "standalone.txt")),
        (write("a/__pycache__/b.pyc"), ("forbidden-file", "error", "a/__pycache__/b.pyc")),
        (write("my.key"), ("forbidden-file", "warning", "my.key")),
        (lambda d: (d / "module.js").unlink(), ("module", "error", "module.js")),
        (write("module.js", "export const x = 1"), ("module", "error", "module.js")),
        (write("module.js", "define([], () => QueryCtrl)"), ("module", "error", "module.js")),
        (lambda d: (d / "module.js.map").unlink(), ("source-map", "warning", "module.js.map")),
        (write("module.js.map", '{"version": 3}'), ("source-map", "error", "module.js.map")),
        (write("MANIFEST.txt", "nothing"), ("manifest", "error", "MANIFEST.txt")),
        (write("MANIFEST.txt", '{"files": {"gone.js": "00"}}'), ("manifest", "error", "gone.js")),
    ],
)
def test_a_broken_plugin_is_found(tmp_path: Path, break_it: Break, finding: tuple[str, str, str]) -> None:
    dist = valid_dist(tmp_path / "dist")
    break_it(dist)
    assert finding in found(dist)


def test_executables_of_different_code_are_found(tmp_path: Path) -> None:
    dist = valid_dist(tmp_path / "dist")
    (dist / "gpx_weather_linux_arm64").write_bytes(elf(183))
    (dist / "gpx_weather_linux_arm64").chmod(0o755)
    write("linux_arm64/buildinfo.json", json.dumps({"source": "other"}))(dist)
    assert ("same-source", "error", f"{EXE}, gpx_weather_linux_arm64") in found(dist)


def test_a_signed_plugin_is_good_until_a_file_changes(tmp_path: Path) -> None:
    dist = valid_dist(tmp_path / "dist")
    names = [path for path in dist.rglob("*") if path.is_file()]
    sums = {
        path.relative_to(dist).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in names
    }
    text = f"-----BEGIN PGP SIGNED MESSAGE-----\n{json.dumps({'files': sums})}\n-----BEGIN PGP SIGNATURE-----"
    (dist / "MANIFEST.txt").write_text(text)
    assert found(dist) == {NOTICE}
    write("README.md", "changed")(dist)
    assert ("manifest", "error", "README.md") in found(dist)


def test_a_zip_is_judged_like_its_folder(tmp_path: Path) -> None:
    dist = valid_dist(tmp_path / "dist")
    write_zip(dist, METADATA["id"], tmp_path / "x.zip")
    assert found(tmp_path / "x.zip") == {NOTICE}
    write_zip(dist, "dist", tmp_path / "wrong.zip")
    assert ("layout", "error", "wrong.zip") in found(tmp_path / "wrong.zip")


def test_a_zip_that_lost_the_modes_is_found(tmp_path: Path) -> None:
    dist = valid_dist(tmp_path / "dist")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in sorted(item for item in dist.rglob("*") if item.is_file()):
            entry = zipfile.ZipInfo(f"{METADATA['id']}/{path.relative_to(dist).as_posix()}")
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())
    assert {("modes", "error", EXE)} <= found(tmp_path / "x.zip")


def test_a_remedy_shows_the_name_of_a_file_without_ending_its_line(tmp_path: Path) -> None:
    dist = valid_dist(tmp_path / "dist")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        entry = zipfile.ZipInfo(f"{METADATA['id']}/a\nb")
        entry.external_attr = 0o100000 << 16
        archive.writestr(entry, b"")
        for path in sorted(item for item in dist.rglob("*") if item.is_file()):
            archive.write(path, f"{METADATA['id']}/{path.relative_to(dist).as_posix()}")
    (problem,) = [item for item in check(open_plugin(tmp_path / "x.zip")) if item.rule == "modes"]
    assert problem.remedy == "chmod 0644 a\\nb"


def test_a_truncated_zip_is_a_finding(tmp_path: Path) -> None:
    write_zip(valid_dist(tmp_path / "dist"), METADATA["id"], tmp_path / "x.zip")
    data = (tmp_path / "x.zip").read_bytes()
    for length in (len(data) // 2, len(data) - 5):
        (tmp_path / "x.zip").write_bytes(data[:length])
        (problem,) = check(open_plugin(tmp_path / "x.zip"))
        assert (problem.rule, problem.severity, problem.file) == ("archive", "error", "x.zip")
        assert problem.message.startswith("is not a complete zip archive: ")


def test_a_place_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist"):
        open_plugin(tmp_path / "nowhere")


def bill(*components: tuple[str, str]) -> Break:
    listed = [
        {"name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in components
    ]
    return write("linux_amd64/sbom.cdx.json", json.dumps({"components": listed}))


def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> list[tuple[str, str, str]]:
    """Return what the rule says where the audit tool is a shell script."""
    tool = tmp_path / "pip-audit"
    tool.write_text(f"#!/bin/sh\n{script}\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _name: str(tool))
    return [
        (item.severity, item.message, item.remedy)
        for item in check(open_plugin(tmp_path / "dist"))
        if item.rule == "vulnerability"
    ]


shell = pytest.mark.skipif(sys.platform == "win32", reason="optional: a shell script stands in for the tool")


@shell
def test_known_vulnerabilities_come_from_the_audit_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill(("httpx", "0.1"))(valid_dist(tmp_path / "dist"))
    problem = {"id": "X-1", "fix_versions": ["0.2"]}
    answer = json.dumps({"dependencies": [{"name": "httpx", "version": "0.1", "vulns": [problem]}]})
    said = audited(tmp_path, monkeypatch, f"grep -qx httpx==0.1 \"$2\" && echo '{answer}'")
    assert said == [("warning", "httpx 0.1: X-1", "take a fixed version: 0.2")]


@shell
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo no network >&2", "pip-audit checked none of the 2 packages: no network"),
        (
            "echo '{\"dependencies\": 3}'",
            'pip-audit checked none of the 2 packages: its "dependencies" is not a list',
        ),
        ("echo []", 'pip-audit checked none of the 2 packages: its "" is not an object'),
        ("echo '{}'", "pip-audit did not check 2 of 2 packages: httpx, plain-name"),
        (
            'echo \'{"dependencies": [{"name": "plain-name", "vulns": []}, {"name": "httpx", "skip_reason": "x"}]}\'',
            "pip-audit did not check 1 of 2 packages: httpx",
        ),
    ],
)
def test_packages_that_were_not_checked_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    bill(("httpx", "0.1"), ("Plain_Name", "1"))(valid_dist(tmp_path / "dist"))
    assert audited(tmp_path, monkeypatch, script) == [("notice", message, "try again online")]


@shell
def test_an_audit_tool_that_never_answers_ends_no_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill(("httpx", "0.1"))(valid_dist(tmp_path / "dist"))
    monkeypatch.setattr("plugin_cli.release.rules.vulnerabilities._SECONDS", 0.1)
    ((severity, message, _),) = audited(tmp_path, monkeypatch, "exec sleep 60")
    assert severity == "notice"
    assert "checked none of the 1 packages" in message
    assert "took longer than" in message


@shell
@pytest.mark.parametrize(
    ("name", "version"),
    [("--index-url", "http://x"), ("a\n--pre", "1"), ("-r", "/etc/passwd"), ("a", "1;b"), ("a b", "1")],
)
def test_a_bill_of_materials_gives_the_audit_tool_no_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, version: str
) -> None:
    bill((name, version), ("httpx", "1"))(valid_dist(tmp_path / "dist"))
    said = audited(tmp_path, monkeypatch, 'tr "\\n" " " < "$2" >&2')
    assert said == [("notice", "pip-audit checked none of the 1 packages: httpx==1", "try again online")]


@pytest.mark.skipif(sys.platform == "win32", reason="optional: Windows has none of these")
def test_what_is_not_a_file_is_never_read(tmp_path: Path) -> None:
    dist = valid_dist(tmp_path / "dist")
    for name in ("plugin.json", "module.js", "module.js.map", "MANIFEST.txt", "linux_amd64/buildinfo.json"):
        (dist / name).unlink(missing_ok=True)
        os.mkfifo(dist / name)
        assert ("kinds", "error", name) in found(dist)
    (dist / "module.js").unlink()
    (dist / "module.js").symlink_to("/dev/zero")
    assert ("links", "error", "module.js") in found(dist)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="optional: needs another user")
def test_what_cannot_be_read_is_found(tmp_path: Path) -> None:
    dist = valid_dist(tmp_path / "dist")
    (dist / "module.js").chmod(0)
    (dist / "img").chmod(0)
    (dist / "MANIFEST.txt").write_text('{"files": {}}')
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    pid = os.fork()
    if pid == 0:  # pragma: no cover - measured in the parent alone
        os.setuid(65534)
        expected = {("readable", "error", "module.js"), ("readable", "error", "img/")}
        os._exit(int(not expected <= found(dist)))
    assert os.waitpid(pid, 0)[1] == 0


def test_a_repository_is_told_from_what_was_built_of_it(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plugin.json").write_text("{}")

    with pytest.raises(ProjectError, match="a plugin's repository, not a built plugin"):
        open_plugin(tmp_path)
