from datetime import date, datetime

import polars as pl

PACKAGES = ["polars"]
EXPECTED = [["a", "b"], [4, 2], ["2026-01-01", "2026-01-02"], 1]
KIND = "behaviour that follows docstrings"
QUICK = True
ROOT = True


def answer():
    frame = pl.DataFrame({"key": ["a", "b", "a"], "value": [1, 2, 3]})
    grouped = frame.group_by("key", maintain_order=True).agg(pl.col("value").sum())
    times = pl.DataFrame(
        {
            "t": [datetime(2026, 1, 1, 5), datetime(2026, 1, 2, 6)],
            "u": [datetime(2026, 1, 1), datetime(2026, 1, 1)],
        }
    )
    days = times["t"].dt.date().to_list()
    assert days == [date(2026, 1, 1), date(2026, 1, 2)]
    return [
        grouped["key"].to_list(),
        grouped["value"].to_list(),
        [str(day) for day in days],
        int((times["t"] - times["u"]).dt.total_days().max()),
    ]
