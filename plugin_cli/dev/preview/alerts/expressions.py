"""The server-side expressions of alert rules: reduce, threshold, math, classic conditions."""

from __future__ import annotations

import ast
import math
import operator
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeGuard

from plugin_cli.dev.preview.alerts.rules import Node, RuleError
from plugin_cli.dev.preview.alerts.series import Series, Value

Results = Mapping[str, list[Series]]
_COMPARISONS: dict[str, Callable[[float, list[float]], bool]] = {
    "gt": lambda value, at: value > at[0],
    "lt": lambda value, at: value < at[0],
    "gte": lambda value, at: value >= at[0],
    "lte": lambda value, at: value <= at[0],
    "eq": lambda value, at: value == at[0],
    "ne": lambda value, at: value != at[0],
    "within_range": lambda value, at: min(at[:2]) < value < max(at[:2]),
    "outside_range": lambda value, at: value < min(at[:2]) or value > max(at[:2]),
    "within_range_included": lambda value, at: min(at[:2]) <= value <= max(at[:2]),
    "outside_range_included": lambda value, at: value <= min(at[:2]) or value >= max(at[:2]),
}
_REDUCERS: dict[str, Callable[[list[float]], Value]] = {
    "last": lambda values: values[-1] if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "mean": lambda values: statistics.fmean(values) if values else None,
    "avg": lambda values: statistics.fmean(values) if values else None,
    "median": lambda values: statistics.median(values) if values else None,
    "sum": lambda values: math.fsum(values),
    "count": lambda values: float(len(values)),
    "diff": lambda values: values[-1] - values[0] if values else None,
    "diff_abs": lambda values: abs(values[-1] - values[0]) if values else None,
}


def evaluate(node: Node, results: Results) -> list[Series]:
    """Return what an expression makes of the results before it.

    Raises:
        RuleError: it is none that is known here, or it names a result that is not there.
    """
    kind = str(node.model.get("type", ""))
    expressions = {"reduce": _reduce, "threshold": _threshold, "math": _math, "classic_conditions": _classic}
    if kind not in expressions:
        known = ", ".join(expressions)
        raise RuleError(f"expression {node.ref_id} is a {kind!r}; the preview evaluates {known}")
    return expressions[kind](node, results)


def _reduce(node: Node, results: Results) -> list[Series]:
    settings = node.model.get("settings") or {}
    mode, reducer = str(settings.get("mode") or ""), str(node.model.get("reducer") or "last")
    replaced = float(settings.get("replaceWithValue") or 0)
    source = _input(node, results)
    return [Series(one.labels, (reduced(one.values, reducer, mode, replaced),)) for one in source]


def reduced(values: Sequence[Value], reducer: str, mode: str = "", replaced: float = 0) -> Value:
    """Return one number for many; in the strict mode a missing or non-numeric value spoils all but `last`.

    Raises:
        RuleError: no such reducer.
    """
    if reducer not in _REDUCERS:
        raise RuleError(f"the reducer {reducer!r} is not known; there are {', '.join(_REDUCERS)}")
    if mode == "dropNN":
        return _REDUCERS[reducer]([value for value in values if _is_number(value)])
    if mode == "replaceNN":
        return _REDUCERS[reducer]([value if _is_number(value) else replaced for value in values])
    if reducer == "last":
        return values[-1] if values else None
    if reducer != "count" and not all(_is_number(value) for value in values):
        return math.nan
    return _REDUCERS[reducer]([float(value or 0) for value in values])


def _is_number(value: Value) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _threshold(node: Node, results: Results) -> list[Series]:
    (condition, *_) = node.model.get("conditions") or [{}]
    evaluator = condition.get("evaluator") or {}
    return [_each(one, lambda value: _holds(evaluator, value)) for one in _input(node, results)]


def _holds(evaluator: Mapping[str, Any], value: Value) -> Value:
    kind, params = str(evaluator.get("type")), [_number(item) for item in evaluator.get("params") or []]
    if kind not in _COMPARISONS:
        raise RuleError(f"the threshold {kind!r} is not known; there are {', '.join(_COMPARISONS)}")
    if len(params) < (2 if "range" in kind else 1):
        raise RuleError(f"the threshold {kind!r} has too few values")
    return None if value is None else float(_COMPARISONS[kind](value, params))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleError(f"the threshold has the value {value!r}, which is not a number")
    return float(value)


def _classic(node: Node, results: Results) -> list[Series]:
    """Return one number without labels: whether the conditions hold together."""
    total: bool | None = None
    for condition in node.model.get("conditions") or []:
        name = str(((condition.get("query") or {}).get("params") or [""])[0])
        reducer = str((condition.get("reducer") or {}).get("type") or "last")
        numbers = [reduced(one.values, reducer, "dropNN") for one in _named(name, node, results)]
        held = any(_holds(condition.get("evaluator") or {}, number) for number in numbers)
        word = str((condition.get("operator") or {}).get("type") or "and")
        total = held if total is None else (total or held if word == "or" else total and held)
    return [Series((), (float(bool(total)),))]


def _input(node: Node, results: Results) -> list[Series]:
    return _named(str(node.model.get("expression", "")).lstrip("$").strip("{}"), node, results)


def _named(name: str, node: Node, results: Results) -> list[Series]:
    if name not in results:
        raise RuleError(f"expression {node.ref_id} uses {name!r}, which is not there or comes later")
    return results[name]


def _each(series: Series, work: Callable[[Value], Value]) -> Series:
    return Series(series.labels, tuple(work(value) for value in series.values), series.times)


_OPERATORS: dict[type, Callable[[float, float], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else (math.nan if a == 0 else math.copysign(math.inf, a)),
    ast.Mod: lambda a, b: math.fmod(a, b) if b else math.nan,
    ast.Pow: lambda a, b: a**b,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _math(node: Node, results: Results) -> list[Series]:
    """Evaluate arithmetic and comparisons of results, joined by equal labels."""
    text = str(node.model.get("expression", ""))
    names = list(dict.fromkeys(re.findall(r"\$\{?(\w+)\}?", text)))
    if not names:
        raise RuleError(f"expression {node.ref_id} names no result, such as $B")
    code = re.sub(r"\$\{?(\w+)\}?", r"ref_\1", text).replace("&&", " and ").replace("||", " or ")
    code = re.sub(r"!(?!=)", " not ", code)
    try:
        tree = ast.parse(code.strip(), mode="eval").body
    except SyntaxError as error:
        raise RuleError(f"expression {node.ref_id} cannot be read: {text!r}") from error
    first, *others = names
    made = []
    for one in _named(first, node, results):
        rest = {name: _matching(one, _named(name, node, results)) for name in others}
        if any(other is None for other in rest.values()):
            continue
        sides = {first: one} | {name: other for name, other in rest.items() if other is not None}
        length = max(len(side.values) for side in sides.values())
        values = [
            _value(tree, {name: _at(side, row) for name, side in sides.items()}) for row in range(length)
        ]
        made.append(Series(one.labels, tuple(values), one.times))
    return made


def _matching(one: Series, candidates: list[Series]) -> Series | None:
    exact = [candidate for candidate in candidates if candidate.labels == one.labels]
    return exact[0] if exact else (candidates[0] if len(candidates) == 1 else None)


def _at(series: Series, row: int) -> Value:
    return series.values[row] if len(series.values) > 1 else (series.values or (None,))[0]


def _value(tree: ast.expr, names: Mapping[str, Value]) -> Value:
    """Evaluate a tree of numbers, names and operators; whatever else stands there is refused."""
    match tree:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name.removeprefix("ref_") in names:
            return names[name.removeprefix("ref_")]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            value = _value(inner, names)
            return None if value is None else -value
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            value = _value(inner, names)
            return None if value is None else float(not value)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _two(op, _value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return _two(op, _value(left, names), _value(right, names))
        case ast.BoolOp(op=op, values=parts):
            found = [_value(part, names) for part in parts]
            if any(value is None for value in found):
                return None
            return float(all(found) if isinstance(op, ast.And) else any(found))
    raise RuleError("the preview's math knows + - * / % **, comparisons, && || ! and results such as $B")


def _two(op: ast.operator | ast.cmpop, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    try:
        return float(_OPERATORS[type(op)](left, right))
    except (OverflowError, ZeroDivisionError, TypeError):
        return math.nan
