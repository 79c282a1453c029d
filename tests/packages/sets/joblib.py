from joblib import Parallel, delayed

PACKAGES = ["joblib", "numpy"]
EXPECTED = [[0, 1, 4, 9]]
KIND = "a library that starts Python again"
QUICK = True
ROOT = True


def _square(number):
    return number * number


def answer():
    return [Parallel(n_jobs=2)(delayed(_square)(number) for number in range(4))]
