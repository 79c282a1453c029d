import json
import tempfile
from pathlib import Path

import fiona

PACKAGES = ["fiona"]
EXPECTED = ["Point", 1]
KIND = "drivers and their data files"


def answer():
    feature = {
        "type": "Feature",
        "properties": {"a": 1},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.geojson")
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        with fiona.open(path) as source:
            (found,) = list(source)
            return [found["geometry"]["type"], found["properties"]["a"]]
