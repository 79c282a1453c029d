import sentry_sdk
import structlog
from loguru import logger

PACKAGES = ["sentry-sdk", "structlog", "loguru"]
EXPECTED = [1, "hello"]
KIND = "integrations imported by name"


EVENTS = []


def answer():
    EVENTS.clear()
    sentry_sdk.init("http://x@127.0.0.1:9/1", before_send=lambda event, hint: EVENTS.append(event))
    sentry_sdk.capture_message("x")
    texts = []
    number = logger.add(lambda text: texts.append(text.record["message"]))
    logger.info("hello")
    logger.remove(number)
    assert structlog.get_logger()
    return [len(EVENTS), texts[0]]
