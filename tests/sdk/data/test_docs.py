"""The examples of docs/frames.md run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import plugin_sdk.data.macros

_PAGE = Path(__file__).parents[3] / "docs" / "frames.md"


def test_the_examples_of_the_page_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, _PAGE.name, "exec"), names)


def test_the_page_names_every_macro() -> None:
    text = _PAGE.read_text("utf-8")

    assert not [name for name in plugin_sdk.data.macros.MACROS if f"$__{name}" not in text]
