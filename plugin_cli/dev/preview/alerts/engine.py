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
    """All rules of provisioning/alerting; a rule whose file changed starts anew."""

    def __init__(self, folder: Path, bridge: Bridge, settings: Callable[[], Settings]) -> None:
        self._folder = folder
        self._bridge = bridge
        self._settings = settings
        self._lock = threading.Lock()
        self._watches: dict[str, RuleWatch] = {}

    def look(self, now: float) -> dict[str, Any]:
        """Return where every rule stands, evaluating those whose interval has passed."""
        try:
            watches = self._current(read_rules(self._folder))
        except RuleError as error:
            return {"rules": [], "error": str(error)}
        return {"rules": [watch.look(now) for watch in watches]}

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
                f"query {node.ref_id} asks the data source {node.data_source!r}; "
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
        interval_ms=int(model.get("intervalMs") or 1000),
        # What Grafana stores with a rule whose editor named none.
        max_data_points=int(model.get("maxDataPoints") or 43200),
        from_ms=from_ms,
        to_ms=to_ms,
        json=json.dumps(model).encode(),
    )
