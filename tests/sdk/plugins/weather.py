"""A small plugin for tests that start a real process."""

import logging
import os
import sys
from typing import Any

from pydantic import BaseModel

from plugin_sdk import CheckHealthResult, DataQuery, DataSource, Frame, resource, stream

print("printed while loading")  # noqa: T201  # what a test looks for
logging.getLogger("weather").info("loaded", extra={"part": 1})


class Settings(BaseModel):
    url: str = ""
    api_key: str = ""


class Query(BaseModel):
    station: str = "berlin"


class Weather(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        print("printed in a query")  # noqa: T201
        return Frame.from_any({"station": [query.model.station]})

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok(f"pid {os.getpid()}")

    @resource("GET", "/environment")
    def environment(self) -> Any:
        return sorted(os.environ)

    @resource("GET", "/modules")
    def modules(self) -> Any:
        return sorted(sys.modules)

    @resource("GET", "/exit/{code}")
    def exit(self, code: int) -> None:
        os._exit(code)

    @stream("ticks")
    def ticks(self) -> Any:
        yield from range(3)

    def dispose(self) -> None:
        logging.getLogger("weather").info("disposed")
