"""Mistakes in the models that only their first user would meet, named with file and line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, HttpUrl, SecretStr

from plugin_sdk import App, DataSource, resource
from plugin_sdk.forms import form, options_from
from plugin_sdk.schema import SchemaError, schema_of_class


class Inner(BaseModel):
    port: int = Field("many")  # type: ignore[assignment]  # the mistake


class WrongNumber(BaseModel):
    first: str = ""
    rows: int = "ten"  # type: ignore[assignment]


class WrongChoice(BaseModel):
    unit: Literal["c", "f"] = "k"  # type: ignore[assignment]


class WrongNull(BaseModel):
    name: str = None  # type: ignore[assignment]


class WrongBound(BaseModel):
    limit: int = Field(0, ge=1)


class WrongInside(BaseModel):
    inner: Inner | None = None


class WrongList(BaseModel):
    hosts: list[int] = ["a"]  # type: ignore[list-item]


WRONG: dict[str, tuple[type[BaseModel], str]] = {
    "a number": (
        WrongNumber,
        "the default of query.rows does not fit its type: Input should be a valid integer",
    ),
    "a choice": (WrongChoice, "the default of query.unit does not fit its type: Input should be 'c' or 'f'"),
    "a null": (WrongNull, "the default of query.name does not fit its type: Input should be a valid string"),
    "a bound": (
        WrongBound,
        "the default of query.limit does not fit its type: Input should be greater than or",
    ),
    "a model inside": (
        WrongInside,
        "the default of query.port does not fit its type: Input should be a valid int",
    ),
    "an item": (
        WrongList,
        "the default of query.hosts does not fit its type: Input should be a valid integer",
    ),
}


def source(query: Any, settings: Any = dict) -> type:
    class Source(DataSource[settings, query]):
        @resource("GET", "/stations")
        def stations(self) -> list[str]:
            return []

        @resource("POST", "/send")
        def send(self) -> None: ...

        @resource("GET", "/sensors/{station}")
        def sensors(self, station: str) -> list[str]:
            return []

    return Source


@pytest.mark.parametrize("name", WRONG)
def test_a_default_that_does_not_fit_is_named_with_its_line(name: str) -> None:
    model, expected = WRONG[name]

    with pytest.raises(SchemaError) as caught:
        schema_of_class(source(model))

    place, _, problem = str(caught.value).partition(": ")
    path, _, line = place.rpartition(":")
    assert problem.startswith(expected)
    assert Path(path).name == "test_model_checks.py"
    field = expected.removeprefix("the default of query.").partition(" ")[0]
    assert f"    {field}:" in Path(__file__).read_text().splitlines()[int(line) - 1]


class Good(BaseModel):
    url: HttpUrl = "https://example.org"  # type: ignore[assignment]  # pydantic takes the text
    key: SecretStr = SecretStr("")
    nothing: str | None = None
    ratio: float = 1
    hosts: list[str] = Field(default_factory=list)
    station: Annotated[str, form(options=options_from("stations"))] = "berlin"
    sensor: Annotated[str, form(options=options_from("sensors/oslo?all=1"))] = "a"


class Misspelt(BaseModel):
    station: Annotated[str, form(options=options_from("statoins"))] = "berlin"


class Sending(BaseModel):
    station: str = Field("berlin", json_schema_extra=form(options=options_from("send")))


def test_models_without_mistakes_have_a_schema() -> None:
    assert set(schema_of_class(source(Good, Good))) == {"version", "settings", "query"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            Misspelt,
            "options_from('statoins') of query.station names no GET resource; did you mean 'stations'?",
        ),
        (
            Sending,
            "options_from('send') of query.station names no GET resource; there are: sensors/{station}, ",
        ),
    ],
)
def test_a_list_without_a_resource_is_named_with_the_nearest(model: type, expected: str) -> None:
    with pytest.raises(SchemaError, match=r"test_model_checks\.py:") as caught:
        schema_of_class(source(model))

    assert expected in str(caught.value)


def _none() -> type:
    class Bare(DataSource[dict[str, Any], Misspelt]):
        pass

    return Bare


def _own() -> type:
    class Own(source(Misspelt)):  # type: ignore[misc]
        def call_resource(self, request: Any) -> Any: ...

    return Own


def _mounted() -> type:
    class Mounted(source(Misspelt)):  # type: ignore[misc]
        asgi_app: Any = object()

    return Mounted


def _app() -> type:
    class Backend(App[Good]):
        pass

    return Backend


@pytest.mark.parametrize("make", [_none, _own, _mounted, _app])
def test_where_others_may_answer_no_list_is_refused(make: Callable[[], type]) -> None:
    schema_of_class(make())


def test_the_command_names_file_and_line_from_the_folder_it_runs_in(tmp_path: Path) -> None:
    package = tmp_path / "backend" / "weather"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "models.py").write_text(
        "from pydantic import BaseModel\n\nclass Query(BaseModel):\n    rows: int = 'ten'\n"
    )
    (package / "datasource.py").write_text(
        "from plugin_sdk import DataSource\nfrom weather.models import Query\n\n"
        "class Weather(DataSource[dict, Query]): ...\n"
    )
    paths = os.pathsep.join([str(tmp_path / "backend"), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-m", "plugin_sdk.schema", "weather.datasource:Weather"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(
        "backend/weather/models.py:4: the default of query.rows does not fit its type"
    )
