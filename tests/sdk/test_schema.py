from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = """
print("noise of the author's module")
from pydantic import BaseModel, SecretStr
from typing import Callable, Generic, TypeVar
from plugin_sdk import DataSource

class Settings(BaseModel):
    url: str = ""

class Query(BaseModel):
    station: str = "berlin"

class Odd(BaseModel):
    call: Callable[[], int]

Q = TypeVar("Q")
class Base(DataSource[Settings, Q], Generic[Q]): pass
class Weather(Base[Query]): pass
class Raw(DataSource): pass
class Broken(DataSource[Odd, Query]): pass
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    (tmp_path / "weather").mkdir()
    (tmp_path / "weather" / "__init__.py").touch()
    (tmp_path / "weather" / "datasource.py").write_text(SOURCE)
    (tmp_path / "weather" / "broken.py").write_text("import no_such_module_anywhere")
    return tmp_path


def run(plugin: Path, *entry: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plugin_sdk.schema", *entry],
        cwd=plugin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_prints_the_schema_of_both_models_alone_on_stdout(plugin: Path) -> None:
    done = run(plugin, "weather.datasource:Weather")
    assert done.returncode == 0, done.stderr
    schema = json.loads(done.stdout)
    assert schema["version"] == 1
    assert list(schema["settings"]["properties"]) == ["url"]
    assert schema["query"]["properties"]["station"]["default"] == "berlin"
    assert "noise" in done.stderr


def test_raw_values_have_no_fields(plugin: Path) -> None:
    schema = json.loads(run(plugin, "weather.datasource:Raw").stdout)
    assert schema["settings"] == schema["query"] == {"type": "object", "additionalProperties": True}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("weather.datasource:Rain", "weather.datasource has no class Rain"),
        ("weather.datasource", "'weather.datasource' is not an import string; expected module:Class"),
        ("weather.broken:X", "weather.broken cannot be imported: ModuleNotFoundError: No module named"),
        ("weather.datasource:Broken", "the settings model Odd has no JSON Schema: "),
    ],
)
def test_failure_prints_the_reason_and_exits_with_1(plugin: Path, entry: str, sentence: str) -> None:
    done = run(plugin, entry)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_arguments_exit_with_2(plugin: Path) -> None:
    assert run(plugin).returncode == 2
