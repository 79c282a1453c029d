"""The provisioned alert rules of the plugin, evaluated against its own data source."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plugin_cli.dev.preview.alerts.rules import Node, Rule, RuleError, read_rules
from plugin_cli.dev.preview.alerts.states import RuleWatch
from plugin_cli.dev.preview.bridge import (
    BackendCallError,
    BackendUnavailableError,
    Bridge,
    Cancel,
    Query,
    Settings,
)

# By this a backend knows that no person waits for the answer.
_HEADERS = {"FromAlert": "true"}


class Alerts:
    """All rules of provisioning/alerting; a rule whose file changed starts over."""

    def __init__(self, folder: Path, bridge: Bridge, settings: Callable[[], Settings]) -> None:
        self._folder = folder
        self._bridge = bridge
        self._settings = settings
        self._lock = threading.Lock()
        self._watches: dict[str, RuleWatch] = {}

    def look(self, now: float) -> dict[str, Any]:
        """Return where every rule stands, evaluating those whose interval has passed."""
        rules, problems = read_rules(self._folder)
        found: dict[str, Any] = {"rules": [watch.look(now) for watch in self._current(rules)]}
        return found | ({"error": "; ".join(problems)} if problems else {})

    def _current(self, rules: list[Rule]) -> list[RuleWatch]:
        with self._lock:
            for rule in rules:
                known = self._watches.get(rule.uid)
                if known is None or known.rule != rule:
                    self._watches[rule.uid] = RuleWatch(rule, self._run)
            return [self._watches[rule.uid] for rule in rules]

    def _run(self, node: Node, from_ms: int, to_ms: int) -> Sequence[Mapping[str, Any]]:
        settings = self._settings()
        if node.data_source != settings.uid:
            raise RuleError(
                f"query {node.ref_id} names the data source {node.data_source!r}; "
                f"this preview has {settings.uid!r}"
            )
        query = _query(node, from_ms, to_ms)
        try:
            answers = self._bridge.query_data(settings, [query], _HEADERS, Cancel())
        except (BackendCallError, BackendUnavailableError) as error:
            raise RuleError(f"failed to execute query [{node.ref_id}]: {error}") from error
        answer = answers.get(node.ref_id)
        if answer is not None and answer.error:
            raise RuleError(f"failed to execute query [{node.ref_id}]: {answer.error}")
        return [json.loads(frame) for frame in answer.frames] if answer is not None else []


def _query(node: Node, from_ms: int, to_ms: int) -> Query:
    model = {**node.model, "refId": node.ref_id}
    return Query(
        ref_id=node.ref_id,
        query_type=str(model.get("queryType") or ""),
        interval_ms=_whole(model, "intervalMs", 1000),
        # What Grafana stores with a rule whose editor named none.
        max_data_points=_whole(model, "maxDataPoints", 43200),
        from_ms=from_ms,
        to_ms=to_ms,
        json=_json(model, node.ref_id),
    )


def _whole(model: Mapping[str, Any], key: str, default: int) -> int:
    value = model.get(key) or default
    if not isinstance(value, int | float) or not 0 < value < 2**62:
        raise RuleError(f"{key} is {value!r}: expected a positive number")
    return int(value)


def _json(model: Mapping[str, Any], ref_id: str) -> bytes:
    try:
        return json.dumps(model, allow_nan=False, default=str).encode()
    except ValueError as error:
        raise RuleError(f"query {ref_id} holds a number that JSON has not: {error}") from error
