"""Broken bytes, broken text and odd objects give a FrameError or a frame, never a crash or a hang."""

from __future__ import annotations

import itertools
import json
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_sdk.data import Field, FieldConfig, Frame, FrameError, FrameMeta, Notice, frames_from_any
from tests.sdk.data.strategies import SETTINGS, documents

_FRAME = Frame(
    "fuzz",
    Field("time", [datetime(2026, 1, 1), None]),
    Field("text", ["ü", "plain"], labels={"a": "b"}, config=FieldConfig(unit="s")),
    Field("flag", [True, None]),
    Field("document", [{"a": 1}, [2]]),
    meta=FrameMeta(notices=[Notice("n")]),
)
_ARROW, _JSON = _FRAME.to_arrow(), _FRAME.to_json()


def _usable(frame: Frame) -> None:
    frame.to_arrow()
    frame.to_json()
    for field in frame.fields:
        field.to_list()


def _broken(chance: random.Random, raw: bytes) -> bytes:
    out = bytearray(raw)
    for _ in range(chance.choice([1, 1, 2, 5])):
        at = chance.randrange(len(out))
        what = chance.random()
        if what < 0.6:
            out[at] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
        elif what < 0.8:
            out[at : at + 4] = chance.choice(
                [b"\xff\xff\xff\x7f", b"\xff" * 4, b"\0" * 4, chance.randbytes(4)]
            )
        else:
            del out[at : at + chance.randrange(1, 20)]
    return bytes(out)


@pytest.mark.parametrize("seed", range(10))
def test_broken_arrow_is_a_frame_error_or_a_frame(seed: int) -> None:
    chance = random.Random(seed)
    refused = 0
    for _ in range(200):
        try:
            frame = Frame.from_arrow(_broken(chance, _ARROW))
        except FrameError:
            refused += 1
        else:
            _usable(frame)
    assert 20 < refused < 200


@pytest.mark.parametrize("end", range(0, len(_ARROW), 16))
def test_arrow_cut_short_is_a_frame_error(end: int) -> None:
    with pytest.raises(FrameError):
        Frame.from_arrow(_ARROW[:end])


@pytest.mark.parametrize("seed", range(5))
def test_broken_json_is_a_frame_error_or_a_frame(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        try:
            frame = Frame.from_json(_broken(chance, _JSON.encode()))
        except FrameError:
            continue
        _usable(frame)


def _paths(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else []
    )
    return [path, *(found for key, value in inner for found in _paths(value, (*path, key)))]


_WRONG: list[Any] = [None, True, -1, 1.5, 10**30, "", "x", [], [None], {}, {"a": {}}, "\ud800"]


@pytest.mark.parametrize("path", [path for path in _paths(json.loads(_JSON)) if path], ids=str)
def test_json_with_one_wrong_part_is_a_frame_error_or_a_frame(path: tuple[Any, ...]) -> None:
    for wrong in _WRONG:
        document = json.loads(_JSON)
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = wrong
        try:
            frame = Frame.from_json(json.dumps(document))
        except FrameError:
            continue
        _usable(frame)


class Rude:
    """Objects of authors, which may raise anything."""

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = None  # type: ignore[assignment]


_endless: list[Any] = []
_endless.append(_endless)
WILD = [
    Rude(), [Rude()], {"x": Rude()}, {"x": [Rude()]}, [[Rude()]], object, type, ..., NotImplemented, lambda: 1,
    {"x": [object()]}, {"x": [1, "a"]}, {"x": [_endless]}, {"x": [{1, 2}]}, {"x": [1j]},
    {"x": [Decimal("sNaN")]}, {"x": [Decimal("1e999")]}, {"x": ["\ud800"]}, {"\ud800": [1]}, {"x": [2**64]},
    {"x": [2**63, -1]}, {"x": [0.5, 2**53 + 1]}, {"x": [date.max]}, {"x": [date.min]}, {"x": [timedelta.max, 1]},
    {"x": [b"a"]}, {"x": [[float("nan")]]}, {"x": [{"a": object()}]}, {"x": 1}, {"x": None}, {"x": "abc"}, {"x": {"y": 1}},
    1, "text", b"bytes", None, {1: 2}, [1, 2], [[1], [2, 3]], [{"a": 1}, (1,)], [(1, 2)], iter([1]), [None], [Frame(), None],
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WILD)))
def test_a_wild_object_is_a_frame_error(number: int) -> None:
    with pytest.raises(FrameError) as caught:
        [frame.to_arrow() for frame in frames_from_any(WILD[number])]
    assert str(caught.value)


@pytest.mark.parametrize("endless", [itertools.count(), itertools.repeat({"a": 1})])
def test_an_endless_iterable_does_not_hang(endless: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_sdk.data._convert.source._MOST_VALUES", 1000)

    with pytest.raises(FrameError, match="ends"):
        frames_from_any(endless)
    with pytest.raises(FrameError, match="ends"):
        Field("x", endless)


@SETTINGS
@given(st.lists(documents | st.dates() | st.datetimes() | st.timedeltas() | st.binary() | st.decimals()))
def test_any_list_is_a_frame_error_or_a_frame_of_its_length(values: list[Any]) -> None:
    try:
        frame = Frame.from_arrow(Frame("f", Field("x", values)).to_arrow())
    except FrameError as error:
        problem = error
    else:
        nulls = [value is None for value in values]
        assert [value is None for value in frame.fields[0].to_list()] == nulls
        return
    assert 'field "x"' in str(problem)
