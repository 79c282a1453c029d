"""Provisioned alert rules, as far as their evaluation needs them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_cli.system.parse import ParseError, check_text, parse_yaml

EXPRESSION = "__expr__"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_LONGEST_SECONDS = 100 * _SECONDS["y"]


class RuleError(ValueError):
    """A rule cannot be evaluated; the message has the reason, as Grafana shows it in the Error state."""


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
    problem: str = ""


def read_rules(folder: Path) -> tuple[list[Rule], list[str]]:
    """Return the rules of all files in provisioning/alerting, and why a file has none.

    A rule that cannot be read has a `problem`, and costs no other its place.
    """
    rules: list[Rule] = []
    problems: list[str] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            rules += _rules_of(path)
        except (OSError, ParseError) as error:
            problems.append(f"{path.name} cannot be read: {error}")
    return rules, problems


def _rules_of(path: Path) -> Iterator[Rule]:
    document = parse_yaml(path.read_bytes())
    check_text(document, default=str)
    groups = (document.get("groups") if isinstance(document, dict) else document) or []
    for group in groups if isinstance(groups, list) else [groups]:
        rules = group.get("rules") if isinstance(group, dict) else None
        if not isinstance(rules, list):
            raise ParseError('expected "groups", a list with a list of "rules" in each')
        for number, rule in enumerate(rules, 1):
            try:
                yield _rule(rule, group)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
                yield _broken(rule, f"rule {number} of {path.name} cannot be read: {_reason(error)}")


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _broken(rule: Any, problem: str) -> Rule:
    found = rule if isinstance(rule, dict) else {}
    title = str(found.get("title") or found.get("uid") or "a rule without a title")
    uid = str(found.get("uid") or title)
    return Rule(uid, title, "", (), 60.0, 0.0, "NoData", "Error", {}, {}, problem)


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
    begin, end = seconds(times.get("from", 600)), seconds(times.get("to", 0))
    return Node(str(node["refId"]), str(source), model, begin, end)


def seconds(text: Any) -> float:
    """Return a duration such as `10s`, `1h30m` or a number of seconds.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return _checked(float(text), text)
    parts = _DURATION.findall(str(text))
    if "".join(number + unit for number, unit in parts) != str(text).replace(" ", "") or not parts:
        raise ValueError(f"invalid duration {text!r}: expected one such as 10s or 1m30s")
    return _checked(sum(float(number) * _SECONDS[unit] for number, unit in parts), text)


def _checked(found: float, text: Any) -> float:
    if not 0 <= found <= _LONGEST_SECONDS:  # not a number is neither
        raise ValueError(f"invalid duration {text!r}: expected zero to a hundred years")
    return found
