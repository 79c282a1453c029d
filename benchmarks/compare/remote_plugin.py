"""The data source behind the gate that `scripts/bench remote` measures: tiny answers, or Python at work."""

from __future__ import annotations

from pydantic import BaseModel

from plugin_sdk import DataQuery, DataSource, Frame


class Settings(BaseModel):
    pass


class Query(BaseModel):
    loops: int = 0


class Probe(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        total = 0
        for number in range(query.model.loops):
            total += number * number
        return Frame.from_any({"total": [total]})
