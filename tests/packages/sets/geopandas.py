import geopandas
from shapely.geometry import Point, box

PACKAGES = ["geopandas"]
EXPECTED = [2.0, "EPSG:25833"]
KIND = "data files of the projection library"


def answer():
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 2)], crs="EPSG:4326")
    moved = geopandas.GeoSeries([Point(13.4, 52.5)], crs="EPSG:4326").to_crs(25833)
    assert 5_800_000 < moved.iloc[0].y < 5_900_000
    return [float(frame.geometry.iloc[0].area), moved.crs.to_string()]
