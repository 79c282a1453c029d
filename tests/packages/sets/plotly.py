import plotly.graph_objects as go
import plotly.io as pio

PACKAGES = ["plotly"]
EXPECTED = ["bar", ["plotly", "plotly_dark"]]
KIND = "submodules that load when first used"


def answer():
    figure = go.Figure(go.Bar(y=[1, 2]))
    return [
        figure.to_dict()["data"][0]["type"],
        [name for name in ("plotly", "plotly_dark") if name in pio.templates],
    ]
