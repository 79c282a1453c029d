"""Provisioned alert rules, as far as their evaluation needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXPRESSION = "__expr__"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


class RuleError(ValueError):
    """A rule cannot be read or evaluated; the text says why, as Grafana shows it in the Error state."""


@dataclass(frozen=True)
class Node:
    """One query or expression of a rule.

    Attributes:
        from_seconds: how long before now its time range begins; `to_seconds` how long before now it ends.
    """

    ref_id: str
    data_source: str
    model: Mapping[str, Any]
    from_seconds: float
    to_seconds: float


@dataclass(frozen=True)
class Rule:
    """One alert rule; `pending_seconds` is what the file calls `for`."""

    uid: str
    title: str
    condition: str
    nodes: tuple[Node, ...]
    interval_seconds: float
    pending_seconds: float
    no_data_state: str
    error_state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def read_rules(folder: Path) -> list[Rule]:
    """Return the rules of all files in provisioning/alerting.

    Raises:
        RuleError: a file cannot be read or lacks what a rule needs.
    """
    import yaml

    rules: list[Rule] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            for group in document.get("groups") or []:
                rules += [_rule(rule, group) for rule in group.get("rules") or []]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            raise RuleError(f"{path.name} cannot be read: {type(error).__name__}: {error}") from error
    return rules


def _rule(rule: Mapping[str, Any], group: Mapping[str, Any]) -> Rule:
    return Rule(
        uid=str(rule.get("uid") or rule["title"]),
        title=str(rule["title"]),
        condition=str(rule["condition"]),
        nodes=tuple(_node(node) for node in rule["data"]),
        interval_seconds=seconds(group.get("interval", "1m")),
        pending_seconds=seconds(rule.get("for", "0s")),
        no_data_state=str(rule.get("noDataState") or "NoData"),
        error_state=str(rule.get("execErrState") or "Error"),
        labels={str(name): str(value) for name, value in (rule.get("labels") or {}).items()},
        annotations={str(name): str(value) for name, value in (rule.get("annotations") or {}).items()},
    )


def _node(node: Mapping[str, Any]) -> Node:
    model = dict(node.get("model") or {})
    times = node.get("relativeTimeRange") or {}
    source = node.get("datasourceUid") or (model.get("datasource") or {}).get("uid") or ""
    return Node(
        str(node["refId"]), str(source), model, float(times.get("from", 600)), float(times.get("to", 0))
    )


def seconds(text: Any) -> float:
    """Return a duration such as `10s`, `1h30m` or a number of seconds.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(text, int | float):
        return float(text)
    parts = _DURATION.findall(str(text))
    if "".join(number + unit for number, unit in parts) != str(text).replace(" ", "") or not parts:
        raise ValueError(f"{text!r} is no duration: expected such as 10s or 1m30s")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
