"""Every Python block of the documentation runs, as the definitions that it shows.

docs/frames.md and docs/tutorial.md have tests of their own, which look at what comes out.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.built_plugin import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    if path.name not in ("frames.md", "tutorial.md")
)
PRELUDE = """
import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field as ModelField, SecretStr

from plugin_sdk import *
from plugin_sdk.data import *
from plugin_sdk.forms import form, options_from


class Settings(BaseModel):
    url: str = ""


class Query(BaseModel):
    station: str = ""


class Weather(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame: ...
"""
_BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def blocks() -> list[Any]:
    found = []
    for page in PAGES:
        for number, match in enumerate(_BLOCK.finditer((ROOT / page).read_text("utf-8"))):
            found.append(
                pytest.param(
                    match[2].replace("\n" + match[1], "\n").removeprefix(match[1]), id=f"{page}-{number}"
                )
            )
    return found


@pytest.mark.parametrize("code", blocks())
def test_a_block_runs(code: str) -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    exec(PRELUDE, names)
    if "BaseModel" in code:
        names["Field"] = names["ModelField"]
    if code.startswith("    "):  # methods, as they stand in the class
        code = "class Weather(DataSource[Settings, Query]):\n" + code

    exec(compile(code, "<docs>", "exec", dont_inherit=True), names)
    if "pool" in names:
        names["pool"].terminate()
        names["pool"].join()


def test_blocks_are_found() -> None:
    assert len(blocks()) > 8
