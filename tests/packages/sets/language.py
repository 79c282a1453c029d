import langdetect
import rapidfuzz
import regex

PACKAGES = ["rapidfuzz", "regex", "langdetect"]
EXPECTED = [100.0, ["ä"], "de"]
KIND = "profiles among the package's data"


def answer():
    langdetect.DetectorFactory.seed = 0
    return [
        rapidfuzz.fuzz.ratio("a", "a"),
        regex.findall(r"\p{Ll}", "ÄäA"),
        langdetect.detect("Das ist ein deutscher Satz, den jeder versteht."),
    ]
