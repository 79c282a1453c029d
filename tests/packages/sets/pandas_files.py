import io
import tempfile
from pathlib import Path

import pandas as pd

PACKAGES = ["pandas", "openpyxl", "lxml", "fastparquet", "tables"]
EXPECTED = [[1, 2], [1, 2], [1, 2], [1, 2]]
KIND = "engines that are found by name"


def answer():
    frame = pd.DataFrame({"a": [1, 2]})
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        frame.to_excel(place / "x.xlsx", index=False)
        frame.to_parquet(place / "x.parquet", engine="fastparquet")
        frame.to_hdf(place / "x.h5", key="x")
        tables = [
            pd.read_excel(place / "x.xlsx"),
            pd.read_parquet(place / "x.parquet", engine="fastparquet"),
            pd.read_hdf(place / "x.h5", "x"),
            pd.read_html(io.StringIO(frame.to_html(index=False)))[0],
        ]
        return [table["a"].tolist() for table in tables]
