import numpy as np
from numba import njit

PACKAGES = ["numba"]
EXPECTED = [4950, 3.0]
KIND = "a compiler that reads the bytecode"
QUICK = True


@njit
def _total(count):
    total = 0
    for number in range(count):
        total += number
    return total


@njit(cache=True)
def _mean(values):
    return values.mean()


def answer():
    return [int(_total(100)), float(_mean(np.array([2.0, 4.0])))]
