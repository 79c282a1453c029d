"""Hints for the generated editors: how a field of a settings or query model looks and behaves.

The type of a field decides most of it (`SecretStr` is a password box, a `Literal` a choice, `bool` a
switch). Anything else goes into `form(...)`, beside pydantic's own `Field`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from plugin_sdk.json_schema import HINTS

Widget = Literal["text", "textarea", "code", "select", "radio", "json", "hidden"]
Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Options:
    """A list of choices that the editor requests from a resource of the backend."""

    resource: str
    params: tuple[str, ...] = ()


def options_from(resource: str, *params: str) -> Options:
    """Name the resource that returns a field's choices, as `["a", ...]` or `[{"value", "label"}, ...]`.

    Args:
        resource: its path, such as `stations`.
        params: sibling fields whose values are sent as query parameters; the choices are requested
            again when one of them changes.

    Examples:
        >>> options_from("sensors", "station").params
        ('station',)
    """
    return Options(resource.strip("/"), params)


@dataclass(frozen=True)
class AdhocFilter:
    """One ad-hoc filter of a dashboard.

    A query model receives them with `filters: list[AdhocFilter] = Field([], alias="adhocFilters")`;
    the resources `tag-keys` and `tag-values` (parameter `key`) return `[{"text": ...}, ...]`.
    """

    key: str
    operator: str
    value: str
    values: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Form:
    """The hints of one field, made by `form` for use in `Annotated` or as `json_schema_extra`."""

    hints: Mapping[str, Any]

    def __call__(self, schema: dict[str, Any]) -> None:
        """Add the hints to a JSON Schema; pydantic calls this for `json_schema_extra`."""
        schema[HINTS] = {**schema.get(HINTS, {}), **self.hints}

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON Schema with the hints; pydantic calls this for `Annotated`."""
        schema = dict(handler(core_schema))
        self(schema)
        return schema


def form(
    *,
    placeholder: str | None = None,
    section: str | None = None,
    widget: Widget | None = None,
    options: Options | None = None,
    custom: bool | None = None,
    labels: Mapping[Any, str] | None = None,
    show_if: Mapping[str, Scalar | Sequence[Scalar]] | None = None,
    language: str | None = None,
    rows: int | None = None,
    height: int | None = None,
    width: int | None = None,
    grow: bool | None = None,
    interpolate: bool | str | None = None,
    secret: bool | None = None,
    required: bool | None = None,
) -> Form:
    """Describe how the editors show a field.

    Args:
        placeholder: grey text in an empty box.
        section: the heading under which the field is grouped with others of the same section.
        widget: the control, if not the default one of the type.
        options: live choices, from `options_from`.
        custom: whether text other than the choices may be typed.
        labels: the text shown for each value.
        show_if: show the field only if its sibling fields (dotted names for nested ones) have these
            values; a list means any of them. Such a field needs a default.
        language: the language of a code editor, such as `sql` or `json`.
        rows: the number of lines of a text area.
        height: the height of a code editor in pixels.
        width: the width of the control in units of 8 pixels.
        grow: whether the control takes the rest of the row.
        interpolate: False leaves dashboard variables uninterpolated; a name such as `csv` or `regex`
            is the format of variables with several values.
        secret: store a plain `str` setting encrypted, as a `SecretStr` always is.
        required: mark a setting as required although its model has a default, with which queries run until
            it is filled in; "Save & test" refuses while it is empty.

    Examples:
        >>> from typing import Annotated
        >>> from pydantic import BaseModel, Field
        >>> class Query(BaseModel):
        ...     station: Annotated[str, form(options=options_from("stations"))] = Field("berlin")
    """
    given: dict[str, Any] = {
        "placeholder": placeholder,
        "section": section,
        "widget": widget,
        "options": options and _options(options),
        "custom": custom,
        "labels": labels and {_key(value): label for value, label in labels.items()},
        "showIf": show_if and {name: _plain_values(value) for name, value in show_if.items()},
        "language": language,
        "rows": rows,
        "height": height,
        "width": width,
        "grow": grow,
        "interpolate": interpolate,
        "secret": secret,
        "required": required,
    }
    return Form({name: value for name, value in given.items() if value is not None})


def _options(options: Options) -> dict[str, Any]:
    return {"resource": options.resource, **({"params": list(options.params)} if options.params else {})}


def _key(value: Any) -> str:
    plain = getattr(value, "value", value)  # an enum's member
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


def _plain_values(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain_values(one) for one in value]
    return getattr(value, "value", value)
