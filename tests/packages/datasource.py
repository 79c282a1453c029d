"""The data source that answers with what the set's own file returns."""

import json
import time

from pydantic import BaseModel

from plugin_sdk import DataQuery, DataSource, Frame


class Settings(BaseModel):
    pass


class Query(BaseModel):
    pass


class Weather(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        started = time.perf_counter()
        from . import case

        answer = json.dumps(case.answer(), default=str)
        return Frame.from_any({"answer": [answer], "seconds": [time.perf_counter() - started]})
