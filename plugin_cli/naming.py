"""From the words a person types to the names that Grafana, Python and the file system accept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from plugin_cli.errors import UsageError

# Grafana keeps a uid in 40 characters, and the data source's is made of the plugin's name.
_LONGEST = 40
_LONGEST_TITLE = 80
# Letters that Unicode does not decompose into a base letter and a mark.
_SPELT_OUT = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "Ss",
        "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "oe", "Ø": "Oe", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "\u0131": "i", "ħ": "h", "Ħ": "H",
    }
)  # fmt: skip
# No library is called so: a plugin for Redis imports `redis` and must not be found in its place.
_SUFFIXES = {"datasource": ("datasource", "DataSource"), "app": ("app", "App"), "panel": ("panel", "Panel")}
_KIND_WORDS = ("data source", "datasource", "plugin", "app")


@dataclass(frozen=True)
class Names:
    """Every name of a plugin that follows from its title, its organisation and its kind.

    Attributes:
        plugin_id: `acme-weather-datasource`.
        executable: `gpx_weather`, completed by system and architecture when built.
        package: the import package, `weather_datasource`; never the import name of a library.
        class_name: the plugin's class, `WeatherDataSource`.
        uid: the uid of the provisioned data source, `weather`.
        variable: how environment variables of this plugin begin, `WEATHER`.
    """

    plugin_id: str
    executable: str
    package: str
    class_name: str
    uid: str
    variable: str


def plugin_names(*, kind: str, name: str, org: str) -> Names:
    """Return all names that follow from the plugin's kind, title and organisation.

    Raises:
        UsageError: the title or the organisation leaves nothing valid; the message names the flag.
    """
    check_title("--name", name)
    check_title("--org", org)
    words = _words("--name", _without_kind(name))
    joined = "_".join(words)
    # Neither a package nor a class nor a variable may begin with a digit.
    prefix, upper_prefix = ("plugin_", "Plugin") if joined[0].isdigit() else ("", "")
    suffix, class_suffix = _SUFFIXES[kind]
    class_name = upper_prefix + "".join(word[0].upper() + word[1:] for word in words) + class_suffix
    return Names(
        plugin_id=f"{''.join(_words('--org', org))}-{''.join(words)}-{kind}",
        executable=f"gpx_{joined}",
        package=f"{prefix}{joined}_{suffix}",
        class_name=class_name,
        uid="-".join(words),
        variable=f"{prefix}{joined}".upper(),
    )


def check_title(flag: str, value: str) -> None:
    """Refuse a title that is empty, too long or not one line of text.

    Raises:
        UsageError: naming `flag`.
    """
    if not value.strip():
        raise UsageError(f"{flag} is empty", remedy=f'{flag} "Weather"')
    if len(value) > _LONGEST_TITLE:
        raise UsageError(f"{flag} has {len(value)} characters", why=f"allowed: at most {_LONGEST_TITLE}")
    check_line(flag, value)


def check_line(flag: str, value: str) -> None:
    """Refuse text that is not one line of printable characters.

    Raises:
        UsageError: naming `flag`.
    """
    bad = [character for character in value if not _is_text(character)]
    if bad:
        raise UsageError(
            f"{flag} is not one line of text",
            why=f"it holds the character U+{ord(bad[0]):04X}",
            remedy="leave out line breaks and control characters",
        )


def _is_text(character: str) -> bool:
    # Noncharacters are no text in YAML; an unassigned code point may be tomorrow's emoji.
    noncharacter = ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF
    return not noncharacter and unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")


def _without_kind(name: str) -> str:
    """Drop the kind from the end of a title: the id has it ("Weather data source" -> "Weather")."""
    stripped = name.strip()
    for word in _KIND_WORDS:
        if stripped.lower().endswith(f" {word}"):
            return stripped[: -len(word)].strip()
    return stripped


def _words(flag: str, text: str) -> list[str]:
    """Return the words of `text` in a-z and 0-9.

    Raises:
        UsageError: a letter has no spelling in a-z, nothing remains, or too much does.
    """
    composed = unicodedata.normalize("NFC", text).translate(_SPELT_OUT)
    plain = "".join(
        mark for mark in unicodedata.normalize("NFKD", composed) if not unicodedata.combining(mark)
    )
    strange = [letter for letter in plain if not letter.isascii() and letter.isalnum()]
    if strange:
        raise UsageError(
            f"{flag} {text!r} cannot become a plugin id",
            why=f"no spelling in a-z is known for: {' '.join(dict.fromkeys(strange))}",
            remedy=f'give {flag} in Latin letters; the name shown in Grafana is "name" in src/plugin.json',
        )
    words = re.findall(r"[a-z0-9]+", plain.replace("'", "").replace("\u2019", "").lower())
    length = len("_".join(words))
    if not words:
        raise UsageError(
            f"{flag} {text!r} cannot become a plugin id",
            why="it has no letter or digit",
            remedy=f'{flag} "Weather"',
        )
    if length > _LONGEST:
        raise UsageError(
            f"{flag} {text!r} is too long for a plugin id",
            why=f"{'_'.join(words)} has {length} characters, allowed: at most {_LONGEST}",
            remedy=f"give a shorter {flag}",
        )
    return words
