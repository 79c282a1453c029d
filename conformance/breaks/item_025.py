"""Debug lines are kept back."""

import os

os.environ["GF_PLUGIN_LOG_LEVEL"] = "info"
