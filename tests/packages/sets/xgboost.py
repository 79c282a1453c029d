import numpy as np
import xgboost

PACKAGES = ["xgboost-cpu", "scikit-learn"]
EXPECTED = [0, 1]
KIND = "a library that is loaded by its path"


def answer():
    x = np.array([[float(n)] for n in range(100)])
    y = (x[:, 0] > 50).astype(int)
    model = xgboost.XGBClassifier(n_estimators=5, max_depth=2).fit(x, y)
    return [int(n) for n in model.predict(np.array([[10.0], [90.0]]))]
