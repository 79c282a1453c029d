"""Frames of the Go SDK's own tests: read, written, and read again."""

from __future__ import annotations

import base64
import io
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from plugin_sdk.data import Frame
from tests.sdk.data.conftest import Judge

_FOLDER = Path(__file__).parents[4] / "shared" / "vectors"
_TEXTS = ["folder", "frame-custom-meta", "frame-empty-custom-meta", "frame-no-meta", "frame-non-custom-meta"]
_FILES = [f"{name}.golden.txt" for name in [*_TEXTS, "large"]] + ["frame-json.txt"]


def _read(name: str) -> bytes:
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"optional: {name} of the Go SDK's test data is not beside this checkout")
    return path.read_bytes()


def _arrow_frames(name: str) -> list[bytes]:
    if name.endswith(".arrow"):
        return [_read(name)]
    lines = _read(name).splitlines()
    return [base64.b64decode(line.partition(b"=")[2]) for line in lines if line.startswith(b"FRAME=")]


def _table(raw: bytes) -> pa.Table:
    table = pa.ipc.open_file(io.BytesIO(raw)).read_all()
    table.validate(full=True)
    return table


@pytest.mark.parametrize("name", ["all_types.golden.arrow", *_FILES])
def test_a_frame_is_written_as_it_was_read(name: str) -> None:
    frames = _arrow_frames(name)
    assert frames
    for raw in frames:
        _assert_same(Frame.from_arrow(raw).to_arrow(), raw)


@pytest.mark.go
@pytest.mark.parametrize("name", ["all_types.golden.arrow", *_FILES])
def test_a_frame_is_written_as_the_current_go_sdk_writes_it(name: str, judge: Judge) -> None:
    for raw in _arrow_frames(name):
        ours = Frame.from_arrow(raw)
        for field in ours.fields:
            if field.config is not None and field.config.min == field.config.max == -math.inf:
                field.config.min = field.config.max = None  # Go's decoder reads null as no bound
        _assert_same(ours.to_arrow(), judge.ask("recode", arrow=raw)["arrow"])


def _assert_same(found: bytes, expected: bytes) -> None:
    ours, theirs = _table(found), _table(expected)
    assert ours.schema.equals(theirs.schema)
    for mine, other in zip(ours.schema, theirs.schema, strict=True):
        assert _metadata(mine.metadata) == _metadata(other.metadata) | {b"tstype": mine.metadata[b"tstype"]}
    assert _metadata(ours.schema.metadata) == _metadata(theirs.schema.metadata)
    assert str(ours.to_pydict()) == str(theirs.to_pydict())  # as text, since NaN is not equal to itself


def _metadata(found: dict[bytes, bytes] | None) -> dict[bytes, Any]:
    """Return JSON by its meaning, with the forms of older Go SDKs converted to the current one."""
    plain = (b"name", b"refId", b"tstype")
    metadata: dict[bytes, Any] = {
        key: value if key in plain else json.loads(value) for key, value in (found or {}).items()
    }
    if b"refId" not in metadata:  # a field, which once had its name here
        metadata.pop(b"name", None)
    if b"meta" in metadata:
        metadata[b"meta"].setdefault("typeVersion", [0, 0])
        for notice in metadata[b"meta"].get("notices", []):
            notice.setdefault("severity", "info")
    return metadata


def test_the_golden_json_is_the_golden_arrow() -> None:
    golden = json.loads(_read("all_types.golden.json"))

    assert json.loads(Frame.from_arrow(_read("all_types.golden.arrow")).to_json()) == golden
    assert json.loads(Frame.from_json(json.dumps(golden)).to_json()) == golden
