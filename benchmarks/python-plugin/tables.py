"""Only there to have pandas collected into the largest bundle; nothing imports it."""

import pandas as pd

EMPTY = pd.DataFrame()
