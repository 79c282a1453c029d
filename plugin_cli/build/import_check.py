"""Imports modules in another process, one after another, and survives what ends that process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.errors import ToolFailedError
from plugin_cli.system.process import Completed, child_environment, run

_MODULE_SECONDS = 60


@dataclass(frozen=True)
class Question:
    """One import that is tried: `import module`, or `from module import names`.

    Attributes:
        module: what is imported.
        names: what is taken from it.
        whole: whether it is a module, so that a folder of its name alone does not do.
    """

    module: str
    names: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class Failure:
    """One import that failed; `missing` is the module that was not found, if that is why."""

    module: str
    missing: str | None
    error: str


def import_all(
    command: Sequence[str | Path], questions: Sequence[Question], *, paths: Sequence[str] = ()
) -> list[Failure | None]:
    """Return for each question how it failed, None where it did not.

    Args:
        command: what imports, without arguments: a built executable, or Python with `entry.py`.
        questions: the imports, tried in this order.
        paths: folders to look into first.

    Raises:
        ToolFailedError: the process ends before its first import.
    """
    answers: list[Failure | None] = []
    while len(answers) < len(questions):
        rest = questions[len(answers) :]
        done = _run(command, rest, paths)
        found = list(_answers(done, rest))
        if not found:
            raise ToolFailedError(
                "the built executable does not start",
                command=done.argv,
                returncode=done.returncode,
                output=done.output,
            )
        answers += found
    return answers


def _run(command: Sequence[str | Path], questions: Sequence[Question], paths: Sequence[str]) -> Completed:
    asked = [[question.module, list(question.names), question.whole] for question in questions]
    text = json.dumps({"modules": asked, "paths": list(paths), "seconds": _MODULE_SECONDS})
    return run(
        [*command, "-import-check"],
        what="the built executable does not start",
        # As Grafana gives it; Windows starts nothing without its own variables.
        env=child_environment() if sys.platform == "win32" else {},
        cwd=Path(command[-1]).parent,
        stdin=text,
        timeout_seconds=_MODULE_SECONDS * (len(questions) + 1),
        check=False,
    )


def _answers(done: Completed, questions: Sequence[Question]) -> Iterator[Failure | None]:
    """Yield an answer for each import that was begun; one that ended the process has no answer of its own."""
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.endswith("}")]
    started = [line["start"] for line in lines if "start" in line]
    answers = [line["done"] for line in lines if "done" in line]
    for answer in answers:
        yield Failure(**answer) if answer else None
    if len(answers) < len(started):
        last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "")
        slow = "Timeout" in done.stderr
        why = (
            f"it took over {_MODULE_SECONDS} s"
            if slow
            else f"it ended the process ({done.returncode}) {last}"
        )
        yield Failure(questions[len(answers)].module, None, why.strip())
