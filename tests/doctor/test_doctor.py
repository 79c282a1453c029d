"""Every cause is produced by a real start: the Go client code of Grafana starts a really broken executable."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plugin_cli.doctor.diagnose_start import diagnose
from plugin_cli.doctor.doctor import try_start
from plugin_cli.target import host_target
from tests.built_plugin import TOOL
from tests.conformance.build import go_tool, program

PLUGIN = "acme-weather-datasource"
LAUNCHER = (
    Path(__file__).resolve().parents[2]
    / "plugin_cli"
    / "build"
    / "portable"
    / "launcher"
    / "launcher_linux_amd64"
)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="optional: executables of Linux")


def script(body: str) -> bytes:
    return f"#!/bin/sh\n{body}\n".encode()


def python(code: str) -> bytes:
    return script(f'exec {sys.executable} -c "{code}"')


def for_another_processor() -> bytes:
    image = bytearray(LAUNCHER.read_bytes())
    image[18:20] = (0x16).to_bytes(2, "little")  # e_machine: S/390
    return bytes(image)


BROKEN = {
    "permission": (script("true"), 0o644, "permission denied"),
    "architecture": (for_another_processor(), 0o755, "exec format error"),
    "loader": (b"#!/lib/ld-musl-nowhere.so.1\n", 0o755, "no such file or directory"),
    "noise": (script("echo Loading settings; sleep 5"), 0o755, "Loading settings"),
    "cookie": (
        script(
            f"unset grafana_plugin_type; exec {sys.executable} -c \"from plugin_sdk import serve; serve('a:B')\""
        ),
        0o755,
        "These are not meant to be executed directly",
    ),
    "crash": (
        python("def start():\n  raise ValueError('no such station')\nstart()"),
        0o755,
        "ValueError: no such station",
    ),
    "exit": (script("exit 3"), 0o755, ""),
}


@pytest.fixture(params=BROKEN)
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, str]:
    content, mode, words = BROKEN[request.param]
    folder = tmp_path / "plugins" / PLUGIN
    folder.mkdir(parents=True)
    metadata = {"id": PLUGIN, "type": "datasource", "name": "W", "backend": True, "executable": "gpx_weather"}
    (folder / "plugin.json").write_text(json.dumps(metadata))
    executable = folder / host_target().executable("gpx_weather")
    executable.write_bytes(content)
    executable.chmod(mode)
    return request.param, executable, words


@pytest.mark.go
def test_a_log_of_grafanas_own_client_names_the_cause(broken: tuple[str, Path, str], tmp_path: Path) -> None:
    cause, _, words = broken
    if go_tool() is None:
        pytest.skip("go is not installed")
    log = tmp_path / "grafana.log"
    environment = {
        "GF_DEFAULT_APP_MODE": "development",
        "GF_PATHS_PLUGINS": str(tmp_path / "plugins"),
        "GF_PATHS_PROVISIONING": str(tmp_path),
        "GF_SERVER_HTTP_PORT": "0",
    }
    with log.open("wb") as output:
        grafana = subprocess.Popen([program("standin")], env=environment, stdout=output)
        for _ in range(300):
            if "HTTP Server Listen" in log.read_text():
                break
            time.sleep(0.1)
        grafana.send_signal(signal.SIGTERM)
        grafana.wait(30)

    first = diagnose(log.read_text(), PLUGIN)[0]

    assert first.cause == cause, log.read_text()
    assert words in first.evidence + first.what
    done = subprocess.run(
        [TOOL, "doctor", "--log", log], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert first.what.splitlines()[0] in done.stdout
    assert "Traceback" not in done.stderr


def test_a_start_of_our_own_names_the_same_cause(broken: tuple[str, Path, str]) -> None:
    cause, executable, words = broken

    first = try_start(executable, PLUGIN)[0]

    assert first.cause == cause
    assert words in first.evidence + first.what


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            "./app: error while loading shared libraries: libstdc++.so.6: cannot open shared object file",
            "library",
        ),
        ("/lib/libc.so.6: version `GLIBC_2.38' not found (required by ./app)", "library"),
        ("error=timeout while waiting for plugin to start", "timeout"),
        (
            'level=warn msg="Skipping loading plugin due to problem with signature" status=unsigned',
            "signature",
        ),
    ],
)
def test_words_that_systems_say_are_known(line: str, cause: str) -> None:
    assert [found.cause for found in diagnose(line)] == [cause]


def test_another_plugins_trouble_is_left_out() -> None:
    line = 'logger=plugin.other-datasource level=error msg="exec format error"'

    assert diagnose(line, PLUGIN) == ()
    assert diagnose(line)


def test_a_quiet_log_has_no_cause(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('logger=plugins.registration level=info msg="Plugin registered"\n')

    done = subprocess.run(
        [TOOL, "doctor", "--log", "log"], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert done.returncode == 0
    assert "shows no reason" in done.stdout


def test_a_log_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [TOOL, "doctor", "--log", "none"], capture_output=True, text=True, cwd=tmp_path, check=False
    )

    assert done.returncode == 2
    assert "--log: none cannot be read" in done.stderr


def test_the_machine_is_told_as_json(tmp_path: Path) -> None:
    environment = os.environ | {"DOCKER_HOST": f"unix://{tmp_path / 'none.sock'}"}
    done = subprocess.run(
        [TOOL, "doctor", "--json"], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )

    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}

    assert checks["Python 3.11 or newer"]["ok"] is True
    assert checks["Docker engine"]["ok"] is False
    assert "sudo systemctl start docker" in checks["Docker engine"]["remedy"]
