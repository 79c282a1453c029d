"""The tests that `add e2e` gives to authors, run as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.built_plugin import BuiltPlugin, run_tool
from tests.e2e.dev_tool import DevTool

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.nightly]
# An image of Grafana that the machine's own engine has or can fetch, such as grafana/grafana:13.2.0.
IMAGE = "PLUGIN_CLI_GRAFANA_IMAGE"
TESTS = 2


@pytest.fixture(scope="module")
def plugin(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    root = built_plugin.copy(tmp_path_factory.mktemp("e2e") / "weather").root
    run_tool("add", "e2e", cwd=root)
    done = _run(root, "npm", "install", "--no-audit", "--no-fund")
    assert done.returncode == 0, done.stderr
    return root


def _run(root: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=root / "e2e",
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def test_the_tests_and_their_configuration_load(plugin: Path) -> None:
    done = _run(plugin, "npx", "playwright", "test", "--list")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Total: {TESTS} tests in 1 file" in done.stdout


def test_the_tests_pass_against_grafana(plugin: Path) -> None:
    image = os.environ.get(IMAGE)
    if not image:
        pytest.skip(f"optional: {IMAGE} names no image of Grafana")
    tool = DevTool(plugin, {"WEATHER_API_KEY": "s3cret"})
    try:
        url = tool.up("--runtime", "docker", "--backend", "dist", "--image", image)["url"]
        chromium = shutil.which("chromium") or ""
        done = _run(plugin, "npx", "playwright", "test", GRAFANA_URL=url, CHROMIUM_PATH=chromium)
    finally:
        tool.down()

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{TESTS} passed" in done.stdout
