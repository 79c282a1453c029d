from googleapiclient.discovery import build

PACKAGES = ["google-api-python-client"]
EXPECTED = ["sheets", "v4"]
KIND = "discovery documents among the package's data"


def answer():
    service = build("sheets", "v4", developerKey="x", static_discovery=True)
    return [service._rootDesc["name"], service._rootDesc["version"]]
