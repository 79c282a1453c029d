import pandas as pd

PACKAGES = ["pandas"]
EXPECTED = [{"a": 4, "b": 2}, "2026-03-29 03:00:00+02:00"]
KIND = "modules that compiled modules import"


def answer():
    frame = pd.DataFrame({"key": ["a", "b", "a"], "value": [1, 2, 3]})
    moment = pd.Timestamp("2026-03-29 01:00", tz="UTC").tz_convert("Europe/Berlin")
    return [frame.groupby("key")["value"].sum().to_dict(), str(moment)]
