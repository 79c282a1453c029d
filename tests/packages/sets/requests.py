import requests
from tenacity import RetryError, retry, stop_after_attempt

PACKAGES = ["requests", "requests-oauthlib", "requests-cache", "tenacity"]
EXPECTED = ["ConnectionError", 2]
KIND = "compiled and pure variants of a package"


CALLS = []


@retry(stop=stop_after_attempt(2))
def _ask():
    CALLS.append(1)
    requests.get("http://127.0.0.1:9", timeout=1)


def answer():
    CALLS.clear()
    try:
        _ask()
    except RetryError as error:
        return [type(error.last_attempt.exception()).__name__, len(CALLS)]
    return []
