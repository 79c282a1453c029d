import duckdb
import pandas as pd

PACKAGES = ["duckdb", "pandas", "pyarrow"]
EXPECTED = [[["a", 3.0], ["b", 3.0]], [6]]
KIND = "a large compiled module"
ROOT = True


def answer():
    frame = pd.DataFrame({"key": ["a", "b", "a"], "value": [1.0, 3.0, 2.0]})
    rows = duckdb.sql("select key, sum(value) from frame group by key order by key").fetchall()
    assert len(frame) == 3
    table = duckdb.sql("select unnest([1, 2, 3]) as n").to_arrow_table()
    return [[list(row) for row in rows], [sum(table["n"].to_pylist())]]
