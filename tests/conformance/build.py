"""Builds the Go programs of the conformance tests into the checkout's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "conformance"
MODULE_FILES = {"newest": "go.mod", "grafana12": "go.grafana12.mod"}
"""The newest Go SDK, and the one that Grafana 12.4 is made with."""


def go_tool() -> str | None:
    """Return the Go command, also where it is not on the PATH."""
    return shutil.which("go") or next((str(p) for p in [Path("/usr/local/go/bin/go")] if p.exists()), None)


def _is_current(target: Path, name: str, versions: str) -> bool:
    """Tell whether a program is newer than its sources: asking Go itself takes seconds."""
    module = ROOT / "conformance"
    lists = [module / MODULE_FILES[versions], module / MODULE_FILES[versions].replace(".mod", ".sum")]
    sources = [*(module / "cmd" / name).glob("*.go"), *lists]
    return target.exists() and target.stat().st_mtime > max(path.stat().st_mtime for path in sources)


@lru_cache
def program(name: str, versions: str = "newest") -> Path:
    """Return the built program of conformance/cmd/<name>, built anew where its sources changed."""
    go = go_tool()
    assert go is not None
    target = CACHE / versions / name
    if _is_current(target, name, versions):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [
        go,
        "build",
        f"-modfile={MODULE_FILES[versions]}",
        "-ldflags=-s -w",
        "-o",
        str(target),
        f"./cmd/{name}",
    ]
    done = subprocess.run(
        command,
        cwd=ROOT / "conformance",
        capture_output=True,
        text=True,
        env=os.environ | {"CGO_ENABLED": "0"},
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return target
