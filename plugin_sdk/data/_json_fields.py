"""Converts dataclasses to and from the JSON objects that Grafana's structs accept.

Grafana refuses a whole response if one value in `meta` or `config` has the wrong JSON type, so each attribute
declares its key and its form, and a wrong value is an error that names the key.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from plugin_sdk.data import _json_text
from plugin_sdk.data.errors import FrameError, shown

T = TypeVar("T")


class Form(NamedTuple):
    """How one kind of value is written to JSON and read from it; both functions raise FrameError."""

    write: Callable[[Any, str], Any]
    read: Callable[[Any, str], Any]


def json_field(
    name: str, form: Form, *, default: Any = None, always: bool = False, factory: Any = None
) -> Any:
    """Return a dataclass attribute stored under `name`, which is omitted if it is None, unless `always`."""
    metadata = {"key": name, "form": form, "always": always}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def write(value: Any, where: str) -> dict[str, Any]:
    """Return the JSON object of a dataclass whose attributes are defined by `json_field`."""
    out: dict[str, Any] = {}
    for attribute in dataclasses.fields(value):
        held, rule = getattr(value, attribute.name), attribute.metadata
        # As with Go's omitempty, an empty value is omitted, unless its form is ANY.
        empty = isinstance(held, list | dict | tuple | str) and not held and rule["form"] is not ANY
        empty = empty or held is None
        if not empty or rule["always"]:
            out[rule["key"]] = rule["form"].write(held, f"{where}.{attribute.name}")
    return out


def read(kind: type[T], data: Any, where: str) -> T:
    """Return the dataclass of a JSON object; unknown keys are ignored, as in Grafana."""
    if not isinstance(data, Mapping):
        raise wrong(data, where, "an object")
    found: dict[str, Any] = {}
    for attribute in dataclasses.fields(kind):  # type: ignore[arg-type]  # every kind here is a dataclass
        rule = attribute.metadata
        if rule["key"] in data and (data[rule["key"]] is not None or rule["form"] is NUMBER):
            found[attribute.name] = rule["form"].read(data[rule["key"]], f"{where}.{rule['key']}")
    return kind(**found)


def wrong(value: Any, where: str, expected: str) -> FrameError:
    """Return the error for a value of the wrong form."""
    return FrameError(f"{where} is {shown(value)}; expected {expected}")


def instance(kinds: type | tuple[type, ...], expected: str) -> Form:
    """Return the form of values that JSON represents unchanged."""

    def same(value: Any, where: str) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise wrong(value, where, expected)
        return value

    return Form(same, same)


def integer(low: int, high: int) -> Form:
    """Return the form of whole numbers within the range of Go's type."""

    def same(value: Any, where: str) -> int:
        if type(value) is not int or not low <= value <= high:
            raise wrong(value, where, f"a whole number from {low} to {high}")
        return value

    return Form(same, same)


def _write_number(value: Any, where: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(value, where, "a number")
    return value if math.isfinite(value) else None


def _read_number(value: Any, where: str) -> float:
    return -math.inf if value is None else float(_write_number(value, where))


def _write_finite(value: Any, where: str) -> Any:
    if _write_number(value, where) is None:
        raise wrong(value, where, "a finite number")
    return value


def _write_any(value: Any, where: str) -> Any:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FrameError(f"{where} cannot be written as JSON: {error}") from error
    return value


def list_of(form: Form) -> Form:
    """Return the form of lists whose values have one form."""

    def each(walk: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
        def apply(values: Any, where: str) -> list[Any]:
            if isinstance(values, str | bytes) or not isinstance(values, Sequence):
                raise wrong(values, where, "a list")
            return [walk(value, f"{where}[{index}]") for index, value in enumerate(values)]

        return apply

    return Form(each(form.write), each(form.read))


def nested(kind: type[Any]) -> Form:
    """Return the form of another dataclass with `json_field` attributes."""

    def check(value: Any, where: str) -> Any:
        if not isinstance(value, kind):
            raise wrong(value, where, f"a {kind.__name__}")
        return write(value, where)

    return Form(check, lambda data, where: read(kind, data, where))


def choice(kind: type[Any]) -> Form:
    """Return the form of an enumeration's members, stored by value."""

    def member(value: Any, where: str) -> Any:
        try:
            return kind(value)
        except ValueError as error:
            allowed = ", ".join(repr(one.value) for one in kind)
            raise wrong(value, where, f"one of {allowed}") from error

    return Form(lambda value, where: member(value, where).value, member)


def _same_text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise wrong(value, where, "text")
    return str(_json_text.check_unicode(value, where))


_same_dict = instance(dict, "a dict").write

TEXT = Form(_same_text, _same_text)
FLAG = instance(bool, "true or false")
OBJECT = Form(lambda value, where: _write_any(_same_dict(value, where), where), _same_dict)
# As in Go's ConfFloat64, NaN and the infinities become null, and null becomes minus infinity.
NUMBER = Form(_write_number, _read_number)
FINITE = Form(_write_finite, _write_finite)
ANY = Form(_write_any, lambda value, _: value)
