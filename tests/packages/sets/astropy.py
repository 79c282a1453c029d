from astropy import units
from astropy.time import Time

PACKAGES = ["astropy"]
EXPECTED = ["2026-01-01T00:00:00.000", 1000.0]
KIND = "data files, and modules found by name"


def answer():
    return [Time("2026-01-01").isot, float((1 * units.km).to(units.m).value)]
