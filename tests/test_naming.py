from __future__ import annotations

import keyword
import re
import sys

import pytest

from plugin_cli.errors import UsageError
from plugin_cli.naming import check_line, plugin_names

GRAFANA_ID = re.compile(r"[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)")


@pytest.mark.parametrize(
    ("name", "org", "plugin_id", "executable", "package", "class_name"),
    [
        ("Weather", "acme", "acme-weather-datasource", "gpx_weather", "weather_datasource", "WeatherDataSource"),
        ("Redis", "acme", "acme-redis-datasource", "gpx_redis", "redis_datasource", "RedisDataSource"),
        ("DuckDB", "acme", "acme-duckdb-datasource", "gpx_duckdb", "duckdb_datasource", "DuckdbDataSource"),
        ("Test", "acme", "acme-test-datasource", "gpx_test", "test_datasource", "TestDataSource"),
        ("Py Weather", "acme", "acme-pyweather-datasource", "gpx_py_weather", "py_weather_datasource",
         "PyWeatherDataSource"),
        (
            "Wetter Köln 2!", "Ächme GmbH", "aechmegmbh-wetterkoeln2-datasource",
            "gpx_wetter_koeln_2", "wetter_koeln_2_datasource", "WetterKoeln2DataSource",
        ),
        # The same letters, written as base letter and combining mark.
        ("Ko\u0308ln", "A\u030a", "a-koeln-datasource", "gpx_koeln", "koeln_datasource", "KoelnDataSource"),
        ("Straße", "Łódź", "lodz-strasse-datasource", "gpx_strasse", "strasse_datasource", "StrasseDataSource"),
        ("🌦 Weather 🌦", "🏢acme", "acme-weather-datasource", "gpx_weather", "weather_datasource",
         "WeatherDataSource"),
        ("Weather data source", "acme", "acme-weather-datasource", "gpx_weather", "weather_datasource",
         "WeatherDataSource"),
        ("O'Brien", "acme", "acme-obrien-datasource", "gpx_obrien", "obrien_datasource", "ObrienDataSource"),
        ("2 Stations", "3M", "3m-2stations-datasource", "gpx_2_stations", "plugin_2_stations_datasource",
         "Plugin2StationsDataSource"),
        ("json", "acme", "acme-json-datasource", "gpx_json", "json_datasource", "JsonDataSource"),
        ("class", "acme", "acme-class-datasource", "gpx_class", "class_datasource", "ClassDataSource"),
        ("tests", "acme", "acme-tests-datasource", "gpx_tests", "tests_datasource", "TestsDataSource"),
        ("Data", "acme", "acme-data-datasource", "gpx_data", "data_datasource", "DataDataSource"),
    ],
)  # fmt: skip
def test_names_follow_from_what_was_typed(
    name: str, org: str, plugin_id: str, executable: str, package: str, class_name: str
) -> None:
    names = plugin_names(kind="datasource", name=name, org=org)

    found = (names.plugin_id, names.executable, names.package, names.class_name)
    assert found == (plugin_id, executable, package, class_name)
    assert GRAFANA_ID.fullmatch(names.plugin_id)
    assert names.package.isidentifier()
    assert not keyword.iskeyword(names.package)
    assert names.package not in sys.stdlib_module_names
    assert names.package not in import_names()
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", names.uid)
    assert re.fullmatch(r"[A-Z_][A-Z0-9_]*", names.variable)


@pytest.mark.parametrize(
    ("kind", "package", "class_name"),
    [
        ("datasource", "redis_datasource", "RedisDataSource"),
        ("app", "redis_app", "RedisApp"),
        ("panel", "redis_panel", "RedisPanel"),
    ],
)
def test_the_kind_is_part_of_the_package_and_of_the_class(kind: str, package: str, class_name: str) -> None:
    names = plugin_names(kind=kind, name="Redis", org="acme")

    assert (names.package, names.class_name, names.executable) == (package, class_name, "gpx_redis")


def import_names() -> set[str]:
    """Return the top-level names of every distribution that is installed here."""
    from importlib.metadata import packages_distributions

    return set(packages_distributions())


@pytest.mark.parametrize(
    ("name", "org", "flag", "reason"),
    [
        ("", "acme", "--name", "is empty"),
        ("   ", "acme", "--name", "is empty"),
        ("Weather", "", "--org", "is empty"),
        ("🌦", "acme", "--name", "no letter or digit"),
        ("Weather", "!!!", "--org", "no letter or digit"),
        ("Ωδή", "acme", "--name", "no spelling in a-z is known for: Ω δ η"),
        ("天气 weather", "acme", "--name", "no spelling in a-z is known for: 天 气"),
        ("x" * 41, "acme", "--name", "41 characters, allowed: at most 40"),
        ("Weather", "ä" * 30, "--org", "60 characters, allowed: at most 40"),
        ("☀" * 81, "acme", "--name", "at most 80"),
        ("two\nlines", "acme", "--name", "U+000A"),
        ("bell\x07", "acme", "--name", "U+0007"),
    ],
)
def test_names_without_a_valid_id_are_refused_by_flag_and_reason(
    name: str, org: str, flag: str, reason: str
) -> None:
    with pytest.raises(UsageError) as raised:
        plugin_names(kind="datasource", name=name, org=org)

    assert flag in raised.value.what
    assert reason in str(raised.value)


def test_the_longest_name_fits_everywhere() -> None:
    names = plugin_names(kind="datasource", name="x" * 40, org="y" * 40)

    assert len(names.uid) == 40
    assert len(f"{names.executable}_windows_amd64.exe") < 255


def test_a_description_is_one_line() -> None:
    with pytest.raises(UsageError, match="--description is not one line"):
        check_line("--description", "a\u2028b")
