"""Runs PyInstaller in the plugin's environment."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.bundle.plan import RECIPE, Plan
from plugin_cli.system.process import child_environment, run


@dataclass(frozen=True)
class Collected:
    """What PyInstaller made.

    Attributes:
        folder: the program, compiled modules and the libraries they are linked to.
        origins: each collected file with the file of this machine it came from.
    """

    folder: Path
    origins: tuple[tuple[str, str], ...]


def collect(python: Path, plan: Plan, work: Path) -> Collected:
    """Run PyInstaller by `plan` below the folder `work`.

    Raises:
        ToolFailedError: PyInstaller failed; the message has its last words.
    """
    work.mkdir(parents=True, exist_ok=True)
    out, caches, report = work / "out", work / "work", work / "report.json"
    # PyInstaller believes its own caches, whatever became of them; it runs only where they are stale anyway.
    for folder in (out, caches):
        shutil.rmtree(folder, ignore_errors=True)
    written = json.loads(plan.to_json()) | {"report": str(report)}
    (work / "plan.json").write_text(json.dumps(written, indent=1), encoding="utf-8")
    command: list[str | Path] = [python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", out, "--workpath", caches, RECIPE / "bundle.spec"]
    run(
        [*command, "--", work / "plan.json"],
        what="Python cannot be collected for the bundle",
        cwd=work,
        # A fixed hash seed and time make the same input give the same files.
        env=child_environment({"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "315532800"}),
        remedy="see that this Python is whole: its standard library and its shared library",
    )
    shutil.rmtree(work / "work", ignore_errors=True)
    origins = tuple((name, origin) for name, origin in json.loads(report.read_text(encoding="utf-8")))
    return Collected(out / "bundle", origins)
