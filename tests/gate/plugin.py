"""A plugin that tells which process answers and what it was given."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from plugin_sdk import DataQuery, DataSource, Frame, RunStreamRequest, resource


class Settings(BaseModel):
    pass


class Query(BaseModel):
    wait_for: str = ""
    begun: str = ""
    megabytes: int = 0


class Probe(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        if query.model.begun:
            Path(query.model.begun).with_name(f"{Path(query.model.begun).name}-{os.getpid()}").touch()
        while query.model.wait_for and not Path(query.model.wait_for).exists():
            if query.cancelled:
                Path(f"{query.model.wait_for}-cancelled").touch()
                break
            time.sleep(0.01)
        if query.model.megabytes:
            return Frame.from_any({"text": ["x" * 1024] * 1024 * query.model.megabytes})
        return Frame.from_any({"pid": [os.getpid()]})

    @resource("GET", "/pid")
    def pid(self) -> int:
        return os.getpid()

    @resource("POST", "/die")
    def die(self) -> None:
        os._exit(9)

    def run_stream(self, request: RunStreamRequest) -> Iterator[dict[str, Any]]:
        while not request.cancelled:
            yield {"pid": os.getpid()}
            time.sleep(0.1)
