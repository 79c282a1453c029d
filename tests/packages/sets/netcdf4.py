import tempfile

import netCDF4
import numpy as np

PACKAGES = ["netCDF4"]
EXPECTED = [[0.0, 1.0, 2.0], "m"]
KIND = "a repaired library inside a wheel"


def answer():
    with tempfile.TemporaryDirectory() as folder:
        with netCDF4.Dataset(f"{folder}/x.nc", "w") as file:
            file.createDimension("n", 3)
            variable = file.createVariable("v", "f8", ("n",))
            variable.units = "m"
            variable[:] = np.arange(3.0)
        with netCDF4.Dataset(f"{folder}/x.nc") as file:
            return [[float(x) for x in file["v"][:]], file["v"].units]
