import pandas as pd
import statsmodels.formula.api as smf

PACKAGES = ["statsmodels"]
EXPECTED = [1.0, 2.0]
KIND = "formulas that are evaluated"


def answer():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [3.0, 5.0, 7.0, 9.0]})
    return [round(float(value), 6) for value in smf.ols("y ~ x", frame).fit().params]
