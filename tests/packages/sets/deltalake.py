import tempfile

import pandas as pd
from deltalake import DeltaTable, write_deltalake

PACKAGES = ["deltalake", "pandas", "pyarrow"]
EXPECTED = [1, [1, 2, 3]]
KIND = "a large compiled module"


def answer():
    with tempfile.TemporaryDirectory() as folder:
        write_deltalake(folder, pd.DataFrame({"a": [1, 2]}))
        write_deltalake(folder, pd.DataFrame({"a": [3]}), mode="append")
        table = DeltaTable(folder)
        return [table.version(), sorted(table.to_pandas()["a"].tolist())]
