"""Each contract of `.importlinter` fails on an import that breaks it, and CONTRIBUTING's picture shows them."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# contract -> a module, and the import planted in it; inside a function, where heavy imports stand.
PLANTED = {
    "tool-down": ("plugin_cli/venv/create.py", "from plugin_cli.dev import up"),
    "outside-world": ("plugin_cli/system/ports.py", "from plugin_cli import console"),
    "calls-need-no-build": ("plugin_cli/calls/call.py", "from plugin_cli.build import build"),
    "dev-takes-frontend-and-schema": ("plugin_cli/dev/up.py", "from plugin_cli.build.bundle import plan"),
    "release-stands-alone": ("plugin_cli/release/package.py", "from plugin_cli.venv import create"),
    "runtimes-are-independent": ("plugin_cli/dev/grafana/image.py", "from plugin_cli.dev.preview import app"),
    "supervisor-knows-no-runtime": (
        "plugin_cli/dev/supervisor/supervisor.py",
        "from plugin_cli.dev.preview import app",
    ),
    "sdk-knows-no-tool": ("plugin_sdk/context.py", "from plugin_cli import errors"),
    "public-names": ("plugin_cli/calls/launch.py", "from plugin_sdk._serving import server"),
    "sdk-down": ("plugin_sdk/data/frame.py", "from plugin_sdk._serving import server"),
    "no-circles": ("plugin_sdk/messages/headers.py", "from plugin_sdk.messages import stream"),
}


def contracts() -> list[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return [section.removeprefix(prefix) for section in config.sections() if section.startswith(prefix)]


def test_every_contract_has_an_import_that_breaks_it() -> None:
    assert list(PLANTED) == contracts()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("house")
    for package in ("plugin_cli", "plugin_sdk"):
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "launcher", "page")
        )
    shutil.copy(ROOT / ".importlinter", copy)
    return copy


def lint(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    command = [sys.executable, "-c", code, "--no-cache", "--contract", contract]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_the_contract(contract: str, copy: Path) -> None:
    name, statement = PLANTED[contract]
    module = copy / name
    kept = module.read_text("utf-8")
    module.write_text(f"{kept}\n\ndef _planted() -> None:\n    {statement}  # noqa: F401\n", "utf-8")
    try:
        done = lint(copy, contract)
    finally:
        module.write_text(kept, "utf-8")

    assert (done.returncode, "BROKEN" in done.stdout) == (1, True), done.stdout + done.stderr


def picture() -> list[list[str]]:
    """Return the layers that the picture in CONTRIBUTING shows, top first."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    found = re.search(r"```mermaid\n(.*?)```", text, re.DOTALL)
    assert found is not None
    boxes = re.findall(r'^\s*subgraph .*?\["(.*?)"\]', found[1], re.MULTILINE)
    return [box.split(", ") for box in boxes]


def test_the_picture_in_contributing_shows_the_layers_of_the_contract() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    layers = config["importlinter:contract:tool-down"]["layers"].split("\n")
    expected = [re.split(r" [|:] ", layer) for layer in layers if layer and layer != "__main__"]

    assert picture() == expected
