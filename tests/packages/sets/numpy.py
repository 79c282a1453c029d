import numpy as np

PACKAGES = ["numpy"]
EXPECTED = [[2.0, 3.0], [0.0, 10.0], "7"]
KIND = "a repaired library inside a wheel"


def answer():
    solved = np.linalg.solve(np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([9.0, 8.0]))
    spectrum = np.fft.rfft([5.0, -5.0])
    return [
        [round(float(x), 9) for x in solved],
        [float(abs(x)) for x in spectrum],
        str(np.random.default_rng(1).integers(7, 8)),
    ]
