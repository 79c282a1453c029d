import polars as pl
from google.cloud import bigquery
from scipy import stats

PACKAGES = ["scipy", "polars", "google-cloud-bigquery"]
EXPECTED = [0.5, [4, 2], "p.d.t"]
KIND = "what a data source of a company holds at once"
ROOT = True
ZIP = True


def answer():
    frame = pl.DataFrame({"key": ["a", "b", "a"], "value": [1, 2, 3]})
    total = frame.group_by("key", maintain_order=True).agg(pl.col("value").sum())["value"].to_list()
    return [float(stats.norm.cdf(0)), total, str(bigquery.TableReference.from_string("p.d.t"))]
