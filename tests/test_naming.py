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
        ("Weather", "acme", "acme-weather-datasource", "gpx_weather", "weather", "Weather"),
        ("Py Weather", "acme", "acme-pyweather-datasource", "gpx_py_weather", "py_weather", "PyWeather"),
        (
            "Wetter Köln 2!", "Ächme GmbH",
            "aechmegmbh-wetterkoeln2-datasource", "gpx_wetter_koeln_2", "wetter_koeln_2", "WetterKoeln2",
        ),
        # The same letters, written as base letter and combining mark.
        ("Ko\u0308ln", "A\u030a", "a-koeln-datasource", "gpx_koeln", "koeln", "Koeln"),
        ("Straße", "Łódź", "lodz-strasse-datasource", "gpx_strasse", "strasse", "Strasse"),
        ("🌦 Weather 🌦", "🏢acme", "acme-weather-datasource", "gpx_weather", "weather", "Weather"),
        ("Weather data source", "acme", "acme-weather-datasource", "gpx_weather", "weather", "Weather"),
        ("O'Brien", "acme", "acme-obrien-datasource", "gpx_obrien", "obrien", "Obrien"),
        ("2 Stations", "3M", "3m-2stations-datasource", "gpx_2_stations", "plugin_2_stations",
         "Plugin2Stations"),
        ("json", "acme", "acme-json-datasource", "gpx_json", "json_plugin", "Json"),
        ("class", "acme", "acme-class-datasource", "gpx_class", "class_plugin", "Class"),
        ("tests", "acme", "acme-tests-datasource", "gpx_tests", "tests_plugin", "Tests"),
        ("Frame", "acme", "acme-frame-datasource", "gpx_frame", "frame", "PluginFrame"),
        ("Exception", "acme", "acme-exception-datasource", "gpx_exception", "exception", "PluginException"),
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
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", names.uid)
    assert re.fullmatch(r"[A-Z_][A-Z0-9_]*", names.variable)


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
