from questdb.ingress import IngressError, Sender

PACKAGES = ["questdb", "taospy", "pandas"]
EXPECTED = [True]
KIND = "a compiled client"


def answer():
    try:
        with Sender.from_conf("tcp::addr=127.0.0.1:9;") as sender:
            sender.flush()
    except IngressError as error:
        return [bool(str(error))]
    return []
