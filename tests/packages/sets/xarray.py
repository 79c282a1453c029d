import tempfile

import numpy as np
import xarray as xr

PACKAGES = ["xarray", "netCDF4", "h5netcdf", "h5py", "scipy"]
EXPECTED = [[2.0, 3.0], ["h5netcdf", "netcdf4", "scipy"]]
KIND = "engines found by entry points"
QUICK = True


def answer():
    data = xr.Dataset({"a": (("x", "y"), np.array([[1.0, 2.0], [3.0, 4.0]]))})
    with tempfile.TemporaryDirectory() as folder:
        data.to_netcdf(f"{folder}/x.nc", engine="netcdf4")
        with xr.open_dataset(f"{folder}/x.nc", engine="h5netcdf") as found:
            mean = found["a"].mean("x").values.tolist()
    return [mean, sorted({"netcdf4", "h5netcdf", "scipy"} & set(xr.backends.list_engines()))]
