import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.flight
import pyarrow.parquet as pq

PACKAGES = ["pyarrow"]
EXPECTED = [[1, 2, 3], ["a", "b"], 3]
KIND = "libraries beside the package"


def answer():
    memory = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2, 3], "s": ["a", "b", "a"]}), memory)
    table = pq.read_table(io.BytesIO(memory.getvalue()))
    return [table["n"].to_pylist(), pc.unique(table["s"]).to_pylist(), pa.dataset.dataset(table).count_rows()]
