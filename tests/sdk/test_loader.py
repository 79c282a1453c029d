from __future__ import annotations

import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from plugin_sdk import DataSource
from plugin_sdk._loader import Loader, LoadError, describe

from .conftest import Lines


class Inside(DataSource[Any, Any]):
    class Nested(DataSource[Any, Any]):
        pass


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a module `authors` and forget it afterwards."""

    def write(text: str) -> None:
        (tmp_path / "authors.py").write_text(textwrap.dedent(text))

    monkeypatch.syspath_prepend(str(tmp_path))
    yield write
    sys.modules.pop("authors", None)


def load(target: str | type) -> Loader:
    loader = Loader(target)
    assert loader.loaded() is None
    loader.start()
    return loader


def reason(target: Any) -> str:
    with pytest.raises(LoadError) as failed:
        load(target).plugin()
    return str(failed.value)


@pytest.mark.parametrize(
    ("target", "cls"),
    [(Inside, Inside), (f"{__name__}:Inside", Inside), (f"{__name__}:Inside.Nested", Inside.Nested)],
)
def test_a_class_is_loaded_itself_or_by_name(target: str | type, cls: type) -> None:
    loader = load(target)

    assert loader.plugin().cls is cls
    assert loader.loaded() is loader.plugin()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("no_such_module:A", "ModuleNotFoundError: No module named 'no_such_module'"),
        (f"{__name__}:Missing", f"AttributeError: module '{__name__}' has no 'Missing'"),
        (f"{__name__}:Inside.Other", f"AttributeError: module '{__name__}' has no 'Inside.Other'"),
        ("only_a_module", """ValueError: 'only_a_module' is not of the form "package.module:Class\""""),
        (":A", """ValueError: ':A' is not of the form "package.module:Class\""""),
        (
            f"{__name__}:Path",
            "TypeError: 'Path' is not a subclass of plugin_sdk.DataSource or plugin_sdk.App",
        ),
    ],
)
def test_what_cannot_be_loaded_says_why(logged: Lines, target: str, expected: str) -> None:
    assert reason(target) == f"the plugin's code could not be loaded: {expected}"
    (line,) = logged()
    assert (line["@level"], line["@message"]) == ("error", "the plugin's code could not be loaded")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import nothing_here\n", "No module named 'nothing_here' (authors.py, line 1)"),
        ("\n\nraise KeyError\n", "KeyError (authors.py, line 3)"),
        ("import json\njson.loads('{')\n", "(authors.py, line 2)"),
        ("raise SystemExit(3)\n", "SystemExit: 3 (authors.py, line 1)"),
        ("class A(:\n", "SyntaxError: invalid syntax (authors.py, line 1)"),
    ],
)
def test_an_error_in_the_authors_code_is_told_with_its_line(
    package: Any, log_file: Path, text: str, expected: str
) -> None:
    package(text)

    assert reason("authors:A").endswith(expected)


def test_a_syntax_error_without_a_file_is_described_too() -> None:
    assert describe(SyntaxError("odd")) == "SyntaxError: odd (?, line None)"


def test_asking_for_the_plugin_waits_until_it_is_loaded(package: Any) -> None:
    package(
        """
        import plugin_sdk
        from tests.sdk import test_loader
        assert test_loader.go_on.wait(60)
        class A(plugin_sdk.DataSource): pass
        """
    )
    loader = load("authors:A")
    waiting = threading.Thread(target=loader.plugin)
    waiting.start()
    assert waiting.is_alive()
    assert loader.loaded() is None
    go_on.set()
    waiting.join(60)
    assert loader.plugin().cls.__name__ == "A"


go_on = threading.Event()
