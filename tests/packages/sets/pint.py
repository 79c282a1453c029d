import pint
from uncertainties import ufloat

PACKAGES = ["pint", "uncertainties"]
EXPECTED = ["1000.0 meter", "2.0, 0.2"]
KIND = "definitions among the package's data"


def answer():
    doubled = 2 * ufloat(1, 0.1)
    registry = pint.UnitRegistry()
    return [str((1 * registry.km).to("m")), f"{doubled.n}, {doubled.s}"]
