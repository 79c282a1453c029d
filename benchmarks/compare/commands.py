"""The tool's own commands: `create` beside Grafana's, and `--help` beside a bare Typer program."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.compare.figures import Figure, Goal
from benchmarks.compare.plugins import CACHE, TOOL, run
from benchmarks.compare.rounds import Measurement, Sample, Subjects
from benchmarks.compare.setting import Setting

_CREATE_PLUGIN = "7.1.7"
_BARE = '''import typer

app = typer.Typer()


@app.command()
def one() -> None:
    """Do one thing."""


@app.command()
def two() -> None:
    """Do another."""


if __name__ == "__main__":
    app()
'''


def _seconds(command: list[str | Path], cwd: Path) -> float:
    began = time.perf_counter()
    run(command, cwd)
    return time.perf_counter() - began


def _create(_setting: Setting, stack: ExitStack) -> Subjects:
    def python() -> Sample:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-create-")))
        command: list[str | Path] = [TOOL, "create", "weather", "--name", "Weather", "--org", "acme"]
        return {"seconds": _seconds([*command, "--defaults"], folder)}

    python()
    if shutil.which("npm") is None:  # then there is nothing to compare with
        return {"python": python}
    program = _create_plugin()

    def peer() -> Sample:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-create-")))
        command: list[str | Path] = [program, "generate", "--plugin-type", "datasource", "--backend"]
        return {"seconds": _seconds([*command, "--plugin-name", "weather", "--org-name", "acme"], folder)}

    peer()
    return {"python": python, "create-plugin": peer}


def _create_plugin() -> Path:
    """Install Grafana's own scaffolder, once: `npx` would ask the registry at every run."""
    folder = CACHE / f"create-plugin-{_CREATE_PLUGIN}"
    program = folder / "node_modules" / ".bin" / "create-plugin"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        package = f"@grafana/create-plugin@{_CREATE_PLUGIN}"
        run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", package], folder)
    return program


CREATE = Measurement(
    "create",
    (
        Figure("seconds", "create a data source", "s", Goal(1)),
        Figure("seconds", "create a data source, beside create-plugin", "s", Goal(0.2, "create-plugin")),
    ),
    _create,
)


def _help(_setting: Setting, stack: ExitStack) -> Subjects:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-help-")))
    bare = folder / "bare.py"
    bare.write_text(_BARE)

    def sample(command: list[str | Path]) -> Sample:
        return {"ms": 1e3 * min(_seconds(command, folder) for _ in range(3))}

    return {
        "python": lambda: sample([TOOL, "--help"]),
        "typer": lambda: sample([sys.executable, bare, "--help"]),
    }


HELP = Measurement("help", (Figure("ms", "plugin-cli --help", "ms", Goal(1.5, "typer")),), _help)
