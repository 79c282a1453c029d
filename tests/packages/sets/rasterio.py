import numpy as np
from rasterio.io import MemoryFile

PACKAGES = ["rasterio"]
EXPECTED = [16, "float32"]
KIND = "drivers and their data files"


def answer():
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", height=4, width=4, count=1, dtype="float32") as file:
            file.write(np.ones((1, 4, 4), "float32"))
        with memory.open() as file:
            return [int(file.read(1).sum()), file.dtypes[0]]
