"""What becomes of a rule: its instances, one a set of labels, and their states over time."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plugin_cli.dev.preview.alerts.expressions import evaluate
from plugin_cli.dev.preview.alerts.rules import EXPRESSION, Node, Rule, RuleError
from plugin_cli.dev.preview.alerts.series import Labels, Series, series_of

# Runs one query of a rule: its node, from and to in milliseconds; the frames in Grafana's JSON, decoded.
RunQuery = Callable[[Node, int, int], Sequence[Mapping[str, Any]]]
_HISTORY = 200
_OUTCOMES = {"OK": "Normal", "Alerting": "Alerting", "NoData": "NoData", "Error": "Error"}


@dataclass(frozen=True)
class Instance:
    """One set of labels and its state: `Normal`, `Pending`, `Alerting`, `NoData` or `Error`.

    Attributes:
        values: what reduce and condition came to, by refId.
        since: when it came into this state, in seconds since 1970.
        error: why, in the state `Error`.
    """

    labels: Labels
    state: str
    values: Mapping[str, float | None]
    since: float = 0.0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as the page reads it; JSON has neither NaN nor infinities, which are their names."""
        values = {name: _shown(value) for name, value in self.values.items()}
        document = {"labels": dict(self.labels), "state": self.state, "values": values, "since": self.since}
        return document | ({"error": self.error} if self.error else {})


def _shown(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return None if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


class RuleWatch:
    """One rule through time; evaluated when it is looked at, at most once an interval."""

    def __init__(self, rule: Rule, run_query: RunQuery) -> None:
        self.rule = rule
        self._run_query = run_query
        self._lock = threading.Lock()
        self._evaluated = 0.0
        self._instances: dict[Labels, Instance] = {}
        self._history: deque[tuple[float, str]] = deque(maxlen=_HISTORY)

    def look(self, now: float) -> dict[str, Any]:
        """Evaluate the rule if its interval has passed, and return where it stands."""
        with self._lock:
            if now - self._evaluated >= self.rule.interval_seconds:
                self._evaluated = now
                found = [self._stepped(instance, now) for instance in self._outcome(now)]
                self._instances = {instance.labels: instance for instance in found}
                self._history.append((now, worst(found)))
            return {
                "uid": self.rule.uid,
                "title": self.rule.title,
                "state": worst(self._instances.values()),
                "evaluated": self._evaluated,
                "interval": self.rule.interval_seconds,
                "instances": [instance.to_json() for instance in self._instances.values()],
                "history": [{"time": time, "state": state} for time, state in self._history],
                "annotations": dict(self.rule.annotations),
            }

    def _outcome(self, now: float) -> list[Instance]:
        try:
            return run_rule(self.rule, self._run_query, now)
        # A rule's file and a plugin's frames may hold anything; one of them must not cost the others.
        except Exception as error:
            reason = str(error) if isinstance(error, RuleError) else f"{type(error).__name__}: {error}"
            state = self._kept(self.rule.error_state)
            return [Instance((("alertname", self.rule.title),), state, {}, error=reason)]

    def _kept(self, setting: str) -> str:
        if setting == "KeepLast":
            return worst(self._instances.values())
        return _OUTCOMES.get(setting, setting)

    def _stepped(self, new: Instance, now: float) -> Instance:
        """Return the instance with no data translated, and held in `Pending` until it fired long enough."""
        if new.state == "NoData":
            new = replace(new, state=self._kept(self.rule.no_data_state))
        old = self._instances.get(new.labels)
        if new.state == "Alerting" and self.rule.pending_seconds:
            began = old.since if old is not None and old.state == "Pending" else now
            fired = old is not None and old.state == "Alerting"
            if not fired and now - began < self.rule.pending_seconds:
                return replace(new, state="Pending", since=began)
        same = old is not None and old.state == new.state
        return replace(new, since=old.since if same and old is not None else now)


def run_rule(rule: Rule, run_query: RunQuery, now: float) -> list[Instance]:
    """Return the instances of one evaluation: `Normal`, `Alerting` or `NoData`.

    Raises:
        RuleError: a query or an expression failed, or two instances have the same labels.
    """
    if rule.problem:
        raise RuleError(rule.problem)
    results: dict[str, list[Series]] = {}
    empty: list[Node] = []
    for node in rule.nodes:
        if node.data_source == EXPRESSION:
            results[node.ref_id] = evaluate(node, results)
            continue
        frames = run_query(node, int((now - node.from_seconds) * 1000), int((now - node.to_seconds) * 1000))
        results[node.ref_id] = series_of(frames)
        if not results[node.ref_id]:
            empty.append(node)
    if rule.condition not in results:
        raise RuleError(f"the condition {rule.condition!r} is none of the rule's queries and expressions")
    condition = results[rule.condition]
    if not condition and empty:
        return [Instance(_no_data_labels(node), "NoData", {}) for node in empty[:1]]
    instances = [_instance(series, rule, results) for series in condition]
    labels = [instance.labels for instance in instances]
    if len(set(labels)) != len(labels):
        raise RuleError("two series have the same labels: alert instances need unique label sets")
    return instances


def _no_data_labels(node: Node) -> Labels:
    return (("datasource_uid", node.data_source), ("ref_id", node.ref_id))


def _instance(series: Series, rule: Rule, results: Mapping[str, list[Series]]) -> Instance:
    if len(series.values) != 1 or series.times is not None:
        raise RuleError(f"the condition {rule.condition} is a series; reduce it to one number first")
    (value,) = series.values
    state = "NoData" if value is None else "Normal" if value == 0 else "Alerting"
    values = {
        name: one.values[0]
        for name, found in results.items()
        for one in found
        if one.labels == series.labels and one.times is None and one.values
    }
    labels = dict(series.labels) | {"alertname": rule.title} | dict(rule.labels)
    return Instance(tuple(sorted(labels.items())), state, values)


def worst(instances: Any) -> str:
    """Return the state that the rule as a whole is shown in."""
    states = {instance.state for instance in instances}
    order = ("Alerting", "Error", "Pending", "NoData", "Normal")
    return next((state for state in order if state in states), "Normal")
