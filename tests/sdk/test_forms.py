from __future__ import annotations

import enum
from typing import Annotated, Any

from pydantic import BaseModel, Field

from plugin_sdk.forms import Form, form, options_from


class Unit(enum.Enum):
    CELSIUS = "c"
    KELVIN = "k"


def hints_of(annotation: Any) -> dict[str, Any]:
    class Model(BaseModel):
        field: annotation

    found: dict[str, Any] = Model.model_json_schema()["properties"]["field"]
    return dict(found["x-grafana"])


def test_hints_are_in_the_schema_under_the_names_that_editors_read() -> None:
    scalars = {
        "placeholder": "p",
        "section": "s",
        "widget": "textarea",
        "custom": True,
        "language": "sql",
        "rows": 3,
        "height": 90,
        "width": 12,
        "grow": True,
        "interpolate": False,
        "secret": True,
    }
    condition = {"mode": ["x", Unit.CELSIUS]}
    hints = form(**scalars, options=options_from("/list/", "a", "b.c"), show_if=condition)  # type: ignore[arg-type]
    assert hints_of(Annotated[str, hints]) == {
        **scalars,
        "options": {"resource": "list", "params": ["a", "b.c"]},
        "showIf": {"mode": ["x", "c"]},
    }


def test_labels_are_keyed_as_javascript_reads_values() -> None:
    hints = form(labels={Unit.CELSIUS: "Celsius", True: "On", 3: "Three"})
    assert hints_of(Annotated[str, hints])["labels"] == {"c": "Celsius", "true": "On", "3": "Three"}


def test_hints_of_several_annotations_add_up() -> None:
    assert hints_of(Annotated[Unit, form(section="s"), form(width=4)]) == {"section": "s", "width": 4}


def test_hints_work_in_pydantics_field() -> None:
    class Model(BaseModel):
        a: int | None = Field(None, json_schema_extra=form(section="s"))

    assert Model.model_json_schema()["properties"]["a"]["x-grafana"] == {"section": "s"}


def test_no_arguments_give_no_hints() -> None:
    assert form() == Form({})
