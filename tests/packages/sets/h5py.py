import io

import h5py
import numpy as np

PACKAGES = ["h5py"]
EXPECTED = [[0, 1, 2], ["a"]]
KIND = "a repaired library inside a wheel"


def answer():
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.create_dataset("a", data=np.arange(3), compression="gzip")
    with h5py.File(memory) as file:
        return [file["a"][:].tolist(), list(file)]
