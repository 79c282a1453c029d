import sqlite3
import tempfile

import connectorx

PACKAGES = ["connectorx", "pandas", "pyarrow"]
EXPECTED = [[1, 2]]
KIND = "imports inside compiled modules"


def answer():
    with tempfile.TemporaryDirectory() as folder:
        with sqlite3.connect(f"{folder}/x.db") as database:
            database.executescript("create table t (n integer); insert into t values (1), (2);")
        frame = connectorx.read_sql(f"sqlite://{folder}/x.db", "select n from t order by n")
        return [[int(n) for n in frame["n"]]]
