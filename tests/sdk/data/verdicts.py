"""What an alert rule makes of a query's response, judged by Grafana's own rules."""

from __future__ import annotations

import base64
from typing import Any

from plugin_sdk import DataQuery, DataSource
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk.data import Frame
from tests.sdk.data.conftest import Judge
from tests.sdk.in_process_server import query_request, serving

ALERT_HEADERS = {"FromAlert": "true"}


def raw_frames(answer: Any, headers: dict[str, str] | None = None) -> list[bytes]:
    """Return the Arrow frames of a query whose handler answers what `answer()` returns."""

    class Answering(DataSource[dict[str, Any], dict[str, Any]]):
        def query(self, query: DataQuery[dict[str, Any]]) -> Any:
            return answer()

    with serving(Answering) as served:
        request = query_request(("A", b"{}"))
        request.headers.update(headers or {})
        response = served.unary("Data/QueryData", request, p.QueryDataResponse).responses["A"]
    assert response.error == ""
    return list(response.frames)


def verdict(judge: Judge, answer: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the judge's verdict on the return value."""
    return judged(judge, raw_frames(answer, headers))


def judged(judge: Judge, frames: list[bytes]) -> dict[str, Any]:
    """Return the judge's verdict on encoded frames."""
    encoded = [base64.b64encode(frame).decode() for frame in frames]
    found: dict[str, Any] = judge.ask("alert", frames=encoded)["verdict"]
    return found


def instances(judge: Judge, answer: Any, headers: dict[str, str] | None = None) -> dict[tuple[str, ...], Any]:
    """Return the values of the instances by label values, or the verdict if there are none."""
    found = verdict(judge, answer, headers)
    if found["state"] != "instances":
        return {(found["state"],): found.get("reason")}
    return {tuple((one["labels"] or {}).values()): one["value"] for one in found["instances"]}


def decoded(answer: Any, headers: dict[str, str] | None = None) -> list[Frame]:
    """Return the frames as a client decodes them."""
    return [Frame.from_arrow(frame) for frame in raw_frames(answer, headers)]
