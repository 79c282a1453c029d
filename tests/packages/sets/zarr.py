import numpy as np
import zarr

PACKAGES = ["zarr"]
EXPECTED = [45, [10]]
KIND = "codecs found by entry points"


def answer():
    array = zarr.create_array(store=zarr.storage.MemoryStore(), shape=(10,), chunks=(5,), dtype="i4")
    array[:] = np.arange(10)
    return [int(array[:].sum()), list(array.shape)]
