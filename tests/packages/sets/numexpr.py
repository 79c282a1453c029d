import bottleneck
import numexpr
import numpy as np
import pandas as pd

PACKAGES = ["numexpr", "bottleneck", "pandas"]
EXPECTED = [[3.0, 5.0], 2.0]
KIND = "accelerators found by name"


def answer():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [2.0, 3.0]})
    assert numexpr.evaluate("a + 1", {"a": np.array([1.0])})[0] == 2.0
    return [
        frame.eval("a + b", engine="numexpr").tolist(),
        float(bottleneck.nanmean(np.array([1.0, np.nan, 3.0]))),
    ]
