from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel, SecretStr, TypeAdapter

from plugin_cli.build.schema.lint import check_schema, find_problems
from plugin_cli.errors import ProjectError
from plugin_sdk.forms import AdhocFilter, form, options_from
from plugin_sdk.schema import schema_of


class Tree(BaseModel):
    name: str = ""
    left: Tree | None = None


class Secretive(BaseModel):
    token: SecretStr


class Plain(BaseModel):
    name: str = ""


def problems(model: Any, kind: str = "query") -> list[str]:
    schema = TypeAdapter(model).json_schema()
    return [f"{problem.field}: {problem.reason}" for problem in find_problems(schema, kind)]


def field_problems(annotation: Any, default: Any = ..., kind: str = "query") -> list[str]:
    class Model(BaseModel):
        mode: Literal["a", "b"] = "a"
        field: annotation = default

    return [text.removeprefix(f"{kind}.field: ") for text in problems(Model, kind)]


def test_every_field_of_the_showcase_can_be_shown() -> None:
    check_schema(schema_of("tests.frontend.showcase.datasource:Showcase"))


REFUSED = {
    "a switch is on or off from the start: give it a default": (bool, ...),
    "a query is stored in clear text and cannot hold a secret; make it a setting": (SecretStr, ...),
    "a hidden field cannot be filled in: give it a default": (Annotated[str, form(widget="hidden")], ...),
    "is not always shown, so it cannot be required: give it a default": (
        Annotated[str, form(show_if={"mode": "a"})],
        ...,
    ),
    "show_if refers to 'mod', which is not a sibling field; did you mean 'mode'?": (
        Annotated[str, form(show_if={"mod": "a"})],
        "",
    ),
    "show_if expects mode to be 'c'; expected one of a, b": (Annotated[str, form(show_if={"mode": "c"})], ""),
    "its options take 'mdoe', which is not a sibling field; did you mean 'mode'?": (
        Annotated[str, form(options=options_from("x", "mdoe"))],
        "",
    ),
    "options choose text or numbers, not true or false": (
        Annotated[bool, form(options=options_from("x"))],
        True,
    ),
    "widget 'code' shows text, not a whole number": (Annotated[int, form(widget="code")], 1),
    "widget 'radio' needs choices: a Literal, an Enum, or options=options_from(...)": (
        Annotated[str, form(widget="radio")],
        "",
    ),
    "the label for 'z' has no such value; expected one of x, y": (
        Annotated[Literal["x", "y"], form(labels={"z": "Z"})],
        "x",
    ),
    "unknown variable format 'cvs'; did you mean 'csv'?": (Annotated[str, form(interpolate="cvs")], ""),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_field_that_cannot_be_shown_is_refused(reason: str) -> None:
    assert field_problems(*REFUSED[reason]) == [reason]


def test_a_model_that_holds_itself_is_refused() -> None:
    found = field_problems(Tree, Tree())
    assert found == [
        "query.field.left: a model that holds itself has no end; use widget='json' for this field"
    ]


def test_hints_written_by_hand_are_checked() -> None:
    extra: dict[str, Any] = {"x-grafana": {"placholder": "x", "widget": "textaera"}}
    found = field_problems(Annotated[str, Field(json_schema_extra=extra)], "")
    assert found == [
        "unknown hint 'placholder'; did you mean 'placeholder'?",
        "unknown widget 'textaera'; did you mean 'textarea'?",
    ]
    extra = {"x-grafana": {"options": "stations"}}
    found = field_problems(Annotated[str, Field(json_schema_extra=extra)], "")
    assert found == ["options is not an object; use options=options_from(...)"]
    found = field_problems(Annotated[str, Field(json_schema_extra={"x-grafana": "x"})], "")
    assert found == ["x-grafana is not an object; use plugin_sdk.forms.form"]


@pytest.mark.parametrize(
    "annotation", [list[SecretStr], list[Secretive], Secretive | int, dict[str, SecretStr]]
)
def test_secret_without_a_name_of_its_own_is_refused(annotation: Any) -> None:
    found = field_problems(annotation, kind="settings")
    assert found == [
        "a secret in a list or an untagged union has no name to be stored under; make it a field"
    ]


def test_secret_in_a_nested_model_is_a_field() -> None:
    assert field_problems(Secretive, kind="settings") == []
    assert field_problems(Secretive | None, None, kind="settings") == []


def test_nested_fields_are_named_by_their_path() -> None:
    class Inner(BaseModel):
        wrong: Annotated[int, form(widget="text")] = 1

    class Outer(BaseModel):
        one: Inner = Inner()
        many: list[Inner] = []

    assert [text.partition(":")[0] for text in problems(Outer)] == ["query.one.wrong", "query.many[].wrong"]


def test_a_model_that_holds_itself_may_be_json() -> None:
    assert field_problems(Annotated[Tree, form(widget="json")], Tree()) == []


def test_names_that_cannot_be_stored_are_refused() -> None:
    class Dotted(BaseModel):
        a: str = Field("", alias="a.b")
        b: str = Field("", alias="refId")
        c: list[AdhocFilter] = Field([], alias="adhocFilters")

    assert problems(Dotted) == [
        'query.a.b: a name must not hold "."',
        "query.refId: Grafana keeps a value of its own under this name; choose another",
    ]
    assert problems(Dotted, "settings") == ['settings.a.b: a name must not hold "."']


def test_model_without_named_fields_is_refused() -> None:
    assert problems(RootModel[list[int]]) == ["query: expected a model with named fields"]


def test_error_names_all_fields_and_the_way_out() -> None:
    schema = {"settings": TypeAdapter(Plain).json_schema(), "query": TypeAdapter(Secretive).json_schema()}
    with pytest.raises(ProjectError) as error:
        check_schema(schema)
    assert "query.token: a query is stored in clear text" in str(error.value)
    assert "plugin-cli add react" in str(error.value)
