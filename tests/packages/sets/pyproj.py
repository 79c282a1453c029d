from pyproj import Transformer

PACKAGES = ["pyproj"]
EXPECTED = [1489, True]
KIND = "a database among the package's data"


def answer():
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(13.38, 52.5)
    return [int(x // 1000), bool(6_800_000 < y < 6_900_000)]
