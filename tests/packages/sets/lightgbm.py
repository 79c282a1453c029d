import lightgbm
import numpy as np

PACKAGES = ["lightgbm", "scikit-learn"]
EXPECTED = [0, 1]
KIND = "a library beside the package, and one of the compiler's"


def answer():
    x = np.array([[float(n)] for n in range(100)])
    y = (x[:, 0] > 50).astype(int)
    model = lightgbm.LGBMClassifier(n_estimators=5, min_child_samples=5, verbose=-1).fit(x, y)
    return [int(n) for n in model.predict(np.array([[10.0], [90.0]]))]
