"""What the query command is given, parsed; what it found, as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.errors import UsageError
from plugin_cli.system.parse import ParseError, parse_json

if TYPE_CHECKING:
    from plugin_sdk.client import QueryResult
    from plugin_sdk.messages import CallResourceResponse

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_duration(flag: str, text: str) -> float:
    """Return the seconds of a duration such as `90s`, `15m`, `6h`, `7d`."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise UsageError(
            f"{flag} does not take {text!r}",
            why="expected a number and ms, s, m, h, d or w",
            remedy=f"{flag} 6h",
        )
    return float(match[1]) * _SECONDS[match[2]]


def parse_queries(fields: list[str], file: Path | None) -> dict[str, dict[str, Any]]:
    """Return the queries by refId: those of the file, or one; `FIELD=VALUE` overrides a field of each."""
    queries = _from_file(file) if file is not None else {"A": {}}
    overrides = dict(_field(text) for text in fields)
    return {ref_id: query | overrides for ref_id, query in queries.items()}


def parse_params(texts: list[str]) -> list[tuple[str, str]]:
    """Return the parameters of a resource given as `NAME=VALUE`; a name may occur several times."""
    params = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(
                f"{text!r} gives no parameter a value",
                why="expected NAME=VALUE",
                remedy="plugin-cli resource stations region=north",
            )
        params.append((name, value))
    return params


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(
            f"{text!r} gives no field a value",
            why="expected FIELD=VALUE",
            remedy="plugin-cli query station=berlin",
        )
    try:
        return name, parse_json(value)
    except ParseError:
        # Not JSON: plain text, which is what most fields are.
        return name, value


def _from_file(path: Path) -> dict[str, dict[str, Any]]:
    try:
        document = parse_json(path.read_bytes())
    except (OSError, ParseError) as error:
        raise UsageError(f"--file: {path} cannot be read as JSON", why=str(error)) from error
    entries = document if isinstance(document, list) else [document]
    if not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"--file: {path} holds no query", why="expected an object, or a list of objects")
    queries = {str(entry.get("refId", chr(65 + at))): entry for at, entry in enumerate(entries)}
    if len(queries) != len(entries):
        raise UsageError(f"--file: {path} has two queries with one refId", remedy='give each its own "refId"')
    return queries


def body_of(data: str) -> bytes:
    """Return a request body given as text or as `@FILE`."""
    if not data.startswith("@"):
        return data.encode()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"--data: {data[1:]} cannot be read", why=str(error)) from error


def results_document(results: Mapping[str, QueryResult]) -> dict[str, Any]:
    """Return the answers as Grafana's query API gives them to a dashboard."""
    answers: dict[str, Any] = {}
    for ref_id, result in results.items():
        answers[ref_id] = {
            "status": result.status,
            "frames": [json.loads(frame.to_json()) for frame in result.frames],
        }
        if result.error:
            source = result.error_source.value if result.error_source else "plugin"
            answers[ref_id] |= {"error": result.error, "errorSource": source}
    return {"results": answers}


def response_document(response: CallResourceResponse) -> dict[str, Any]:
    """Return a resource's response; its body decoded where it is JSON, else as text."""
    text = response.body.decode("utf-8", "replace")
    try:
        body = parse_json(text)
    except ParseError:
        body = text
    return {"status": response.status, "headers": dict(response.headers), "body": body}
