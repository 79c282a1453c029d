"""A plugin that tells which process answers, as soon as or when the test wants."""

from __future__ import annotations

import os
import time
from pathlib import Path

from pydantic import BaseModel

from plugin_sdk import DataQuery, DataSource, Frame


class Settings(BaseModel):
    pass


class Query(BaseModel):
    wait_for: str = ""


class Weather(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        print("printed in a query")  # noqa: T201
        while query.model.wait_for and not Path(query.model.wait_for).exists():
            time.sleep(0.01)
        return Frame.from_any({"pid": [os.getpid()]})
