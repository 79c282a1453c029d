import catboost
import numpy as np

PACKAGES = ["catboost"]
EXPECTED = [0, 1]
KIND = "a large compiled module"


def answer():
    x = np.array([[float(n)] for n in range(100)])
    y = (x[:, 0] > 50).astype(int)
    model = catboost.CatBoostClassifier(iterations=5, verbose=False, allow_writing_files=False).fit(x, y)
    return [int(n) for n in model.predict(np.array([[10.0], [90.0]]))]
