"""Parse what a person or another program wrote: whatever is wrong with it is one `ParseError`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

MAX_DEPTH = 200
MAX_CONTAINERS = 1_000_000


class ParseError(ValueError):
    """The text is invalid; the message is one line with the reason."""


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ParseError: it is not JSON, or no later walk over it would end well.
    """
    return _parse(partial(json.loads, parse_constant=_refuse_constant, parse_float=_finite), text)


def parse_json_line(text: str) -> dict[str, Any]:
    """Return the last line that is a JSON object: what a program of ours printed among words of others.

    Raises:
        ParseError: there is none.
    """
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            with suppress(ParseError):
                value = parse_json(line)
                if isinstance(value, dict):
                    return value
    raise ParseError("it printed no line of JSON: " + (" ".join(text.split())[:200] or "nothing at all"))


def parse_toml(text: str | bytes) -> dict[str, Any]:
    """Return the table of a TOML text.

    Raises:
        ParseError: it is not TOML, or no later walk over it would end well.
    """
    import tomllib

    document: dict[str, Any] = _parse(tomllib.loads, text)
    return document


def parse_yaml(text: str | bytes) -> Any:
    """Return the value of a YAML text.

    Raises:
        ParseError: it is not YAML, or no later walk over it would end well.
    """
    import yaml

    return _parse(yaml.safe_load, text)


def check_text(value: Any, *, default: Callable[[Any], Any] | None = None) -> None:
    """Check that a parsed value can be written as UTF-8 again; `default` makes JSON of what YAML has besides.

    Raises:
        ParseError: a string holds half of a surrogate pair.
    """
    try:
        json.dumps(value, ensure_ascii=False, default=default).encode()
    except UnicodeEncodeError as error:
        raise ParseError("a string holds half of a surrogate pair") from error


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(f"{digits:.40} is too large a number")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _parse(parser: Callable[[str], Any], text: str | bytes) -> Any:
    try:
        value = parser(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except RecursionError as error:
        raise ParseError(f"it is nested deeper than {MAX_DEPTH} levels") from error
    except UnicodeDecodeError as error:
        raise ParseError(f"byte {error.start} is not UTF-8") from error
    # PyYAML has errors of its own, and passes on those of the types that it makes (the 99th of a month).
    except Exception as error:
        raise ParseError(_reason(error)) from error
    _check_shape(value)
    return value


def _reason(error: Exception) -> str:
    """Return what is wrong and where, without the text around it, which may be a secret."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is not None and problem:
        return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"
    return " ".join(str(error).split()) or type(error).__name__


def _check_shape(value: Any) -> None:
    """Raise if a walk over `value` would run out of stack or time; aliases of YAML can do both."""
    level, count = [value], 0
    for _ in range(MAX_DEPTH):
        level = [item for parent in level for item in _children(parent)]
        count += len(level)
        if not level:
            return
        if count > MAX_CONTAINERS:
            raise ParseError(f"it holds more than {MAX_CONTAINERS:,} lists and objects")
    raise ParseError(f"it is nested deeper than {MAX_DEPTH} levels")


def _children(value: Any) -> list[Any]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in values if isinstance(item, dict | list)]
