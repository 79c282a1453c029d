import io

import polars as pl

PACKAGES = ["polars", "fastexcel", "xlsxwriter"]
EXPECTED = [[1, 2, 3]]
KIND = "engines that are found by name"


def answer():
    memory = io.BytesIO()
    pl.DataFrame({"a": [1, 2, 3]}).write_excel(memory)
    return [pl.read_excel(memory.getvalue())["a"].to_list()]
