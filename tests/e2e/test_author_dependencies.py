"""Wheels with compiled modules and libraries of their own end up in the bundle and work there."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_sdk.testing import PluginProcess, last, settings
from tests.built_plugin import BuiltPlugin, run_tool

pytestmark = pytest.mark.e2e

DATASOURCE = '''
"""Uses every package in a way that needs its compiled parts."""

import numpy
import pandas
import psycopg
import requests
from cryptography.fernet import Fernet

from plugin_sdk import CheckHealthResult, DataQuery, DataSource, DataSourceInstanceSettings
from weather_datasource.models import Query, Settings


class WeatherDataSource(DataSource[Settings, Query]):
    def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
        self.settings = instance.settings

    def query(self, query: DataQuery[Query]) -> pandas.DataFrame:
        times = pandas.date_range("2026-01-01", periods=3, freq="h", tz="Europe/Berlin")
        return pandas.DataFrame({"time": times, "value": numpy.arange(3.0)})

    def check_health(self) -> CheckHealthResult:
        secret = Fernet(Fernet.generate_key()).encrypt(b"x")
        used = [requests.__name__, psycopg.pq.__impl__, str(len(secret) > 10)]
        return CheckHealthResult.ok(" ".join(used))
'''
PACKAGES = ("numpy", "pandas", "requests", "psycopg[binary]", "cryptography")


def test_compiled_packages_work_in_the_bundle(built_plugin: BuiltPlugin, tmp_path: Path) -> None:
    plugin = built_plugin.copy(tmp_path / "weather")
    listed = "".join(f'\n  "{name}",' for name in PACKAGES)
    pyproject = plugin.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"httpx>=0.27",', f'"httpx>=0.27",{listed}'))
    (plugin.root / "backend" / "weather_datasource" / "datasource.py").write_text(DATASOURCE)
    run_tool("build", "linux", cwd=plugin.root)
    with PluginProcess([plugin.executable]) as process:
        assert process.client.check_health(settings({}, {"api_key": "k"})).message == "requests binary True"
        answer = process.client.query_data([{"refId": "A"}], settings({}), time_range=last(60))["A"]
    assert answer.error == ""
    assert list(answer.frames[0].fields[1].values) == [0.0, 1.0, 2.0]
    licences = (plugin.dist / "THIRD_PARTY_LICENSES.txt").read_text()
    assert all(name in licences for name in ("numpy", "pandas", "psycopg-binary", "cryptography"))
