import dask.array as da
import dask.dataframe as dd
import pandas as pd

PACKAGES = ["dask[dataframe]"]
EXPECTED = [45, 10]
KIND = "configuration files among the package's data"


def answer():
    total = da.arange(10, chunks=3).sum().compute(scheduler="threads")
    frame = dd.from_pandas(pd.DataFrame({"a": range(10)}), npartitions=2)
    return [int(total), len(frame)]
