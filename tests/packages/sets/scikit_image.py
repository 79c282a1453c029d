import numpy as np
from skimage import data, filters, measure

PACKAGES = ["scikit-image"]
EXPECTED = [3, True]
KIND = "stubs that say what is loaded when"


def answer():
    picture = np.zeros((20, 20))
    for corner in (1, 8, 15):
        picture[corner : corner + 3, corner : corner + 3] = 1
    return [int(measure.label(picture > 0.5).max()), bool(0 < filters.threshold_otsu(data.camera()) < 255)]
