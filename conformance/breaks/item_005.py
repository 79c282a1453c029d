"""Grafana's variables are dropped."""

import os

os.environ.pop("GF_VERSION", None)
