from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

PACKAGES = ["scikit-learn"]
EXPECTED = [[1, 0, 2], 1.0]
KIND = "a repaired library inside a wheel, found through what loads it"


def answer():
    data = load_iris()
    model = RandomForestClassifier(n_estimators=10, random_state=0, n_jobs=1).fit(data.data, data.target)
    return [
        [int(n) for n in model.predict(data.data[[60, 5, 120]])],
        round(float(model.score(data.data, data.target)), 1),
    ]
