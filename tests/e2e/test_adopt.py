"""Repositories of other tools, given a Python backend: it answers from its source and from dist/."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.built_plugin import run_tool

pytestmark = pytest.mark.e2e
_IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.com")
_METADATA = {
    "type": "datasource",
    "name": "Weather",
    "id": "acme-weather-datasource",
    "info": {"version": "1.0.0", "updated": "2026-01-01", "author": {"name": "A"}, "description": "Weather."},
    "dependencies": {"grafanaDependency": ">=12.3.0"},
}
_MODULE = "define([], () => ({plugin: {}}));\n"


def commit(root: Path) -> None:
    for words in (("init", "-q"), ("add", "--all"), ("commit", "-q", "--message", "Begin")):
        subprocess.run(["git", *_IDENTITY, *words], cwd=root, check=True)


def answers(root: Path) -> None:
    """Adopt, and ask the backend."""
    run_tool("adopt", cwd=root)
    for backend in ("source", "dist"):
        if backend == "dist":
            run_tool("build", "linux", cwd=root)
        assert run_tool("health", "--backend", backend, cwd=root).stdout.startswith("OK")
        found = json.loads(run_tool("query", "--backend", backend, "--json", cwd=root).stdout)
        assert "10" in json.dumps(found)


def test_a_plugin_without_a_backend_gets_one_that_answers(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/plugin.json").write_text(json.dumps(_METADATA, indent=2))
    (tmp_path / "src/module.js").write_text(_MODULE)
    commit(tmp_path)

    answers(tmp_path)

    assert (tmp_path / "dist/module.js").read_text() == _MODULE


# What its dependencies come to today does not build: one is newer than its configuration allows, another one
# is a repository, which not every machine reaches.
_PACKAGES = {"@grafana/tsconfig": "2.0.1"}
_OVERRIDES = {"react-data-grid": "7.0.0-beta.56"}


@pytest.mark.nightly
@pytest.mark.parametrize("backend", ["--no-backend", "--backend"])
def test_a_plugin_of_create_plugin_gets_one_that_answers(backend: str, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("Node is not installed")
    words = ["npx", "--yes", "@grafana/create-plugin@7.1.7", "generate", "--plugin-name", "weather"]
    words += ["--org-name", "acme", "--plugin-type", "datasource", backend]
    subprocess.run(words, cwd=tmp_path, stdin=subprocess.DEVNULL, check=True, capture_output=True)
    (root,) = tmp_path.iterdir()
    package = json.loads((root / "package.json").read_text())
    package["devDependencies"] |= _PACKAGES
    (root / "package.json").write_text(json.dumps({**package, "overrides": _OVERRIDES}, indent=2))
    subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=root, check=True, capture_output=True)
    commit(root)

    answers(root)

    run_tool("validate", cwd=root)
    # Its own build, which cleans dist/, leaves the backend there.
    subprocess.run(["npm", "run", "build"], cwd=root, check=True, capture_output=True)
    assert run_tool("health", "--backend", "dist", cwd=root).stdout.startswith("OK")
