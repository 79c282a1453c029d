"""Settings of [plugin.<id>] are dropped."""

import os

os.environ.pop("GF_PLUGIN_MY_KEY", None)
