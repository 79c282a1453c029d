import tempfile

import pyarrow as pa
from pyiceberg.catalog import load_catalog

PACKAGES = ["pyiceberg[sql-sqlite,pyarrow]"]
EXPECTED = [[1, 2, 3], ["default"]]
KIND = "implementations found by name"


def answer():
    with tempfile.TemporaryDirectory() as folder:
        catalog = load_catalog("x", type="sql", uri=f"sqlite:///{folder}/c.db", warehouse=f"file://{folder}")
        catalog.create_namespace("default")
        data = pa.table({"a": [1, 2, 3]})
        table = catalog.create_table("default.t", schema=data.schema)
        table.append(data)
        return [table.scan().to_arrow()["a"].to_pylist(), [name[0] for name in catalog.list_namespaces()]]
