import pandas as pd
from prophet import Prophet

PACKAGES = ["prophet"]
EXPECTED = [33, True]
KIND = "a compiled model that is run as a program"


def answer():
    days = pd.date_range("2026-01-01", periods=30, freq="D")
    model = Prophet(weekly_seasonality=False, yearly_seasonality=False, daily_seasonality=False)
    model.fit(pd.DataFrame({"ds": days, "y": [float(n) for n in range(30)]}))
    forecast = model.predict(model.make_future_dataframe(3))
    return [len(forecast), bool(30 < forecast["yhat"].iloc[-1] < 34)]
