from scipy import integrate, optimize

PACKAGES = ["scipy"]
EXPECTED = [1.414214, 1.0]
KIND = "a repaired library inside a wheel, found through what loads it"
QUICK = True
ROOT = True


def answer():
    root = optimize.brentq(lambda x: x * x - 2, 0, 2)
    return [round(root, 6), round(integrate.quad(lambda x: 2 * x, 0, 1)[0], 6)]
