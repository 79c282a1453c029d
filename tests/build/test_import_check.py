"""Imports are tried in another process, which may fail, hang or end without ending the check."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from plugin_cli.build import import_check
from plugin_cli.build.bundle.plan import RECIPE
from plugin_cli.build.import_check import Failure, Question, import_all
from plugin_cli.errors import ToolFailedError

COMMAND: list[str | Path] = [sys.executable, "-I", RECIPE / "entry.py"]
MODULES = {
    "good": "x = 1",
    "noisy": "print('noise'); import sys; print('{', file=sys.stdout)",
    "needy": "import no_such_module",
    "broken": "raise RuntimeError('not today')",
    "leaves": "import sys; sys.exit(3)",
    "dies": "import os; os._exit(7)",
    "aborts": "import os; os.abort()",
    "hangs": "while True: pass",
}


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text + "\n")
    return [str(tmp_path)]


def test_every_module_gets_its_own_answer_whatever_another_does(
    paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_check, "_MODULE_SECONDS", 3)
    answers = dict(
        zip(MODULES, import_all(COMMAND, [Question(name) for name in MODULES], paths=paths), strict=True)
    )
    assert answers["good"] is None
    assert answers["noisy"] is None
    assert answers["needy"] == Failure("needy", "no_such_module", "No module named 'no_such_module'")
    assert answers["broken"] == Failure("broken", None, "RuntimeError: not today")
    for name, words in {
        "leaves": "SystemExit: 3",
        "dies": "it ended the process (7)",
        "aborts": "it ended the process (-6)",
        "hangs": "it took over 3 s",
    }.items():
        failure = answers[name]
        assert failure is not None
        assert words in failure.error


def test_names_of_a_from_import_are_asked_for_too(paths: list[str]) -> None:
    (first, second) = import_all(COMMAND, [Question("good", ("x",)), Question("good", ("y",))], paths=paths)
    assert first is None
    assert second is not None
    assert second.missing == "good.y"


def test_a_folder_of_the_name_is_no_module(paths: list[str], tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (whole, any_) = import_all(COMMAND, [Question("folder", whole=True), Question("folder")], paths=paths)
    assert whole is not None
    assert whole.missing == "folder"
    assert any_ is None


def test_an_executable_that_does_not_start_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no loader >&2\nexit 127\n")
    broken.chmod(0o755)
    with pytest.raises(ToolFailedError, match=r"the built executable does not start\n(.*\n)*.*no loader"):
        import_all([broken], [Question("good")])
