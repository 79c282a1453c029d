"""`POST /api/ds/query`: from the page's request to the plugin's queries, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from plugin_cli.dev.preview.bridge import Answer, Query
from plugin_cli.dev.preview.time_range import TimeError, parse_moment
from plugin_cli.system.parse import ParseError, check_text, parse_json

# What Grafana puts where a query names none.
_INTERVAL_MS = 1000
_MAX_DATA_POINTS = 100
# What a refId that the plugin left out means.
_NO_DATA = Answer(200)


class RequestError(ValueError):
    """The request is malformed; the message says where and what is expected. Answered with 400."""


def parse_request(body: bytes, uid: str, now: datetime | None = None) -> list[Query]:
    """Return the queries of a request, each with its own time range.

    Args:
        body: the JSON that the page sent.
        uid: the data source of this preview; a query that names another is refused.
        now: what `now` means; this moment unless given.

    Raises:
        RequestError: no JSON, no queries, two with one refId, a foreign data source, no time.
    """
    document = _document(body)
    moment = now or datetime.now(UTC)
    default = {"from": document.get("from", "now-1h"), "to": document.get("to", "now")}
    found: dict[str, Query] = {}
    for raw in document["queries"]:
        query = _query(raw, default, uid, moment)
        if query.ref_id in found:
            raise RequestError(f"two queries have the refId {query.ref_id!r}")
        found[query.ref_id] = query
    return list(found.values())


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = parse_json(body)
        check_text(document)
    except ParseError as error:
        raise RequestError(f"the request cannot be read: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("queries"), list):
        raise RequestError('expected {"from": ..., "to": ..., "queries": [...]}')
    if not document["queries"]:
        raise RequestError("no queries found")
    return document


def _query(raw: Any, default: Mapping[str, Any], uid: str, now: datetime) -> Query:
    if not isinstance(raw, dict):
        raise RequestError(f"a query is an object, found {type(raw).__name__}")
    ref_id = str(raw.get("refId") or "A")
    _check_data_source(raw.get("datasource"), uid, ref_id)
    own = raw.get("timeRange")
    times = own if isinstance(own, dict) and "from" in own and "to" in own else default
    try:
        start, end = parse_moment(times["from"], now), parse_moment(times["to"], now, end=True)
    except TimeError as error:
        raise RequestError(f"query {ref_id}: {error}") from error
    return Query(
        ref_id=ref_id,
        query_type=str(raw.get("queryType") or ""),
        interval_ms=_positive(raw.get("intervalMs"), _INTERVAL_MS),
        max_data_points=_positive(raw.get("maxDataPoints"), _MAX_DATA_POINTS),
        from_ms=start,
        to_ms=end,
        json=json.dumps({**raw, "refId": ref_id}, ensure_ascii=False).encode("utf-8", "replace"),
    )


def _check_data_source(reference: Any, uid: str, ref_id: str) -> None:
    requested = reference.get("uid") if isinstance(reference, dict) else reference
    if requested not in (None, "", uid):
        raise RequestError(
            f"query {ref_id} names the data source {requested!r}; this preview has {uid!r} only"
        )


def _positive(value: Any, default: int) -> int:
    """Return a positive whole number, or `default` for what a page sends when it knows none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**62:
        return default
    return max(1, int(value))


def render_answers(queries: list[Query], answers: Mapping[str, Answer]) -> tuple[int, bytes]:
    """Return the status and the body: 200, or 400 when any refId has an error."""
    found: dict[str, Answer] = {query.ref_id: answers.get(query.ref_id, _NO_DATA) for query in queries}
    # A plugin may answer under refIds of its own making, as the Go SDK allows.
    found |= answers
    results = ",".join(f"{json.dumps(ref_id)}:{_render(answer)}" for ref_id, answer in found.items())
    failed = any(answer.error for answer in found.values())
    return (400 if failed else 200), f'{{"results":{{{results}}}}}'.encode("utf-8", "replace")


def _render(answer: Answer) -> str:
    # The frames are text already: a hundred thousand rows are not parsed only to be written again.
    parts = [f'"status":{answer.status}']
    if answer.error:
        source = answer.error_source or "plugin"
        parts += [f'"error":{json.dumps(answer.error)}', f'"errorSource":{json.dumps(source)}']
    if answer.frames or not answer.error:
        parts.append(f'"frames":[{",".join(answer.frames)}]')
    return f"{{{','.join(parts)}}}"
