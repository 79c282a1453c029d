"""The shipped launchers: what they are is what their source makes, and they say why they cannot start."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.build.portable.elf import read_elf
from plugin_cli.target import host_target

FOLDER = Path(__file__).parents[3] / "plugin_cli" / "build" / "portable" / "launcher"
BINARIES = sorted(path for path in FOLDER.iterdir() if path.name.endswith(("_amd64", "_arm64")))
HOST = f"linux_{host_target().arch}"

linux = pytest.mark.skipif(sys.platform != "linux", reason="optional: runs on Linux")


def test_every_binary_has_the_recorded_sum() -> None:
    recorded = {
        name: digest
        for digest, name in (line.split("  ") for line in (FOLDER / "SHA256SUMS").read_text().splitlines())
    }
    assert recorded == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in BINARIES}
    assert len(recorded) == 4


@pytest.mark.parametrize("path", BINARIES, ids=lambda path: path.name)
def test_a_binary_asks_for_no_loader_and_no_library(path: Path) -> None:
    elf = read_elf(path)
    assert elf is not None
    assert elf.interpreter is None
    assert elf.needed == ()
    assert path.stat().st_size < 4096


@linux
def test_the_binaries_are_built_from_the_source_beside_them() -> None:
    script = FOLDER.parents[3] / "scripts" / "launcher"
    done = subprocess.run([script, "--check"], capture_output=True, text=True, check=False)
    if "ziglang" in done.stderr and "fetch" in done.stderr.lower():
        pytest.skip("ziglang: no package index can be reached")
    assert done.returncode == 0, done.stdout + done.stderr


def _place(name: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "gpx_x"
    shutil.copyfile(FOLDER / f"{name}_{HOST}", path)
    path.chmod(0o755)
    return path


@linux
def test_launcher_names_the_loader_that_is_not_there(tmp_path: Path) -> None:
    done = subprocess.run([_place("launcher", tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert done.stderr.startswith(f"plugin launcher: cannot execute: {tmp_path}/{HOST}/ld-linux")


@linux
def test_launcher_refuses_a_folder_that_would_split_the_library_path(tmp_path: Path) -> None:
    done = subprocess.run([_place("launcher", tmp_path / "a:b")], capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert "must not have ':'" in done.stderr


@linux
def test_launcher_passes_arguments_and_its_own_path_and_drops_preloads(tmp_path: Path) -> None:
    launcher = _place("launcher", tmp_path)
    contents = tmp_path / HOST
    contents.mkdir()
    interpreter = read_elf(Path(os.path.realpath("/bin/sh")))
    assert interpreter is not None
    loader = contents / f"{Path(str(interpreter.interpreter)).name}_{HOST}"
    loader.write_text('#!/bin/sh\nshift 3\nprintf "%s|" "$@" "$PLUGIN_LAUNCHER" "$LD_PRELOAD" "$KEPT"\n')
    loader.chmod(0o755)
    env = {"LD_PRELOAD": "/host/lib.so", "KEPT": "yes", "PLUGIN_LAUNCHER": "forged"}
    done = subprocess.run([launcher, "a b", ""], env=env, capture_output=True, text=True, check=False)
    assert done.stdout == f"a b||{launcher}||yes|"


@linux
def test_locator_prints_the_handshake_line_and_waits(tmp_path: Path) -> None:
    (tmp_path / "locator").write_text("1|2|unix|/run/x.sock|grpc\n")
    process = subprocess.Popen([_place("locator", tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "1|2|unix|/run/x.sock|grpc\n"
        assert process.poll() is None
        process.kill()
        assert process.wait() == -9
