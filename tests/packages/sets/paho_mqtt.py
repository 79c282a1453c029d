import paho.mqtt.client as mqtt

PACKAGES = ["paho-mqtt"]
EXPECTED = [True, "Connection refused"]
KIND = "pure Python"


def answer():
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    try:
        client.connect("127.0.0.1", 9)
        said = "connected"
    except ConnectionRefusedError as error:
        said = error.strerror
    return [mqtt.topic_matches_sub("a/+/c", "a/b/c"), said]
