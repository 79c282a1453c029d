from shapely import wkt
from shapely.geometry import box

PACKAGES = ["shapely"]
EXPECTED = [3.0, "POINT (0.5 1.5)"]
KIND = "a repaired library inside a wheel"


def answer():
    shape = box(0, 0, 1, 3)
    return [shape.area, wkt.dumps(shape.centroid, trim=True)]
