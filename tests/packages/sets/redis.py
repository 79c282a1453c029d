import hiredis
import redis

PACKAGES = ["redis[hiredis]"]
EXPECTED = ["ConnectionError", ["a", "1"]]
KIND = "an accelerator that is found by name"


def answer():
    reader = hiredis.Reader(encoding="utf-8")
    reader.feed(b"*2\r\n$1\r\na\r\n$1\r\n1\r\n")
    try:
        redis.Redis("127.0.0.1", 9, socket_timeout=2).ping()
        said = "connected"
    except redis.ConnectionError as error:
        said = type(error).__name__
    return [said, reader.gets()]
