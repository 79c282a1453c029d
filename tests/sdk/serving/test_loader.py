from __future__ import annotations

import json
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from plugin_sdk import DataSource, _log
from plugin_sdk._serving.load_errors import describe
from plugin_sdk._serving.loader import Loader
from plugin_sdk.errors import LoadError
from tests.sdk.conftest import Lines


class Inside(DataSource[Any, Any]):
    class Nested(DataSource[Any, Any]):
        pass


ADD_IT = (
    "; add the package that provides it to dependencies in pyproject.toml, "
    "then save or run the command again, which updates the environment"
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a module `authors`, and unload it afterwards."""

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
        (
            f"{__name__}:Insid",
            f"AttributeError: module '{__name__}' has no 'Insid'; did you mean 'Inside'? correct the name in serve()",
        ),
        (
            f"{__name__}:Missing",
            f"AttributeError: module '{__name__}' has no 'Missing', which serve() names; the module has Inside",
        ),
        (
            "tests.sdk.conftest:Missing",
            "AttributeError: module 'tests.sdk.conftest' has no 'Missing', which serve() names; "
            "the module has no DataSource and no App",
        ),
        (
            "tests.sdk.serving.test_lodaer:Inside",
            "ModuleNotFoundError: No module named 'tests.sdk.serving.test_lodaer'; did you mean 'tests.sdk.serving.test_loader'?",
        ),
        ("only_a_module", """ValueError: 'only_a_module' is not of the form "package.module:Class\""""),
        (":A", """ValueError: ':A' is not of the form "package.module:Class\""""),
        (
            f"{__name__}:Path",
            "TypeError: 'Path' is not a subclass of plugin_sdk.DataSource or plugin_sdk.App",
        ),
    ],
)
def test_the_reason_is_given_if_loading_fails(logged: Lines, target: str, expected: str) -> None:
    assert reason(target) == f"the plugin's code could not be loaded: {expected}"
    (line,) = logged()
    assert (line["@level"], line["@message"]) == ("error", "the plugin's code could not be loaded")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import nothing_here\n", "No module named 'nothing_here' (authors.py, line 1)" + ADD_IT),
        ("\n\nraise KeyError\n", "KeyError (authors.py, line 3)"),
        ("import json\njson.loads('{')\n", "(authors.py, line 2)"),
        ("raise SystemExit(3)\n", "SystemExit: 3 (authors.py, line 1)"),
        ("class A(:\n", "SyntaxError: invalid syntax (authors.py, line 1)"),
    ],
)
def test_an_error_in_the_authors_code_is_reported_with_its_line(
    package: Any, log_file: Path, text: str, expected: str
) -> None:
    package(text)

    assert reason("authors:A").endswith(expected)


def test_log_lines_report_the_outcome_to_programs(
    package: Any, logged: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("\nimport nothing_here\n")
    words = reason("authors:A")
    (line,) = logged()
    assert (line["event"], line["reason"], line["line"]) == ("plugin-not-loaded", words, 2)
    assert line["file"].endswith("authors.py")

    monkeypatch.setattr(_log, "_level", 40)
    monkeypatch.setenv("PLUGIN_CLI_DEV", "1")
    load(Inside).loaded(60)

    told = logged()[-1]
    assert (told["@level"], told["event"]) == ("debug", "plugin-loaded")


@pytest.mark.parametrize(("folder", "written"), [(".", True), ("nowhere", False)])
def test_the_schema_is_written_during_development(
    tmp_path: Path, logged: Lines, monkeypatch: pytest.MonkeyPatch, folder: str, written: bool
) -> None:
    path = tmp_path / folder / "schema.json"
    monkeypatch.setenv("PLUGIN_CLI_SCHEMA_FILE", str(path))
    load(Inside).plugin()
    for thread in threading.enumerate():
        if thread.name == "load-plugin":
            thread.join(60)

    assert path.exists() is written
    assert [line["@level"] for line in logged()] == ["debug", *([] if written else ["error"]), "debug"]
    assert logged()[-1]["event"] == "plugin-described"
    assert not written or json.loads(path.read_text())["schema"]["version"] == 1


def test_in_a_bundle_the_remedy_for_a_missing_module_is_a_build(
    package: Any, log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("import nothing_here\n")
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert reason("authors:A").endswith("in pyproject.toml, then build again: plugin-cli build")


def test_a_missing_module_without_a_name_has_no_hint() -> None:
    assert describe(ModuleNotFoundError("odd")) == "ModuleNotFoundError: odd"
    assert describe(ModuleNotFoundError("odd", name="gone.x"), "gone") == "ModuleNotFoundError: odd"


def test_a_syntax_error_without_a_file_is_described_too() -> None:
    assert describe(SyntaxError("odd")) == "SyntaxError: odd (?, line None)"


def test_plugin_waits_until_it_is_loaded(package: Any) -> None:
    package(
        """
        import plugin_sdk
        from tests.sdk.serving import test_loader
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
