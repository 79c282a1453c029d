import io

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt

PACKAGES = ["matplotlib"]
EXPECTED = ["PNG", True]
KIND = "fonts and styles among the package's data"
QUICK = True


def answer():
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], label="x²")
    axes.legend()
    memory = io.BytesIO()
    figure.savefig(memory)
    plt.close(figure)
    return [memory.getvalue()[1:4].decode(), len(memory.getvalue()) > 5000]
