import altair as alt
import pandas as pd

PACKAGES = ["altair", "pandas"]
EXPECTED = ["point", True]
KIND = "schemas among the package's data"


def answer():
    chart = alt.Chart(pd.DataFrame({"a": [1]})).mark_point().encode(x="a:Q").to_dict()
    return [chart["mark"]["type"], "$schema" in chart]
