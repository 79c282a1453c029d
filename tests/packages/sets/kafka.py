import io

import confluent_kafka
import fastavro
from kafka import KafkaConsumer
from kafka.errors import KafkaError

PACKAGES = ["confluent-kafka", "kafka-python", "fastavro"]
EXPECTED = ["KafkaException", "NoBrokersAvailable", {"a": 1}]
KIND = "a repaired library inside a wheel"


def answer():
    found = []
    try:
        confluent_kafka.Consumer({"bootstrap.servers": "127.0.0.1:9", "group.id": "g"}).list_topics(timeout=1)
    except confluent_kafka.KafkaException as error:
        found.append(type(error).__name__)
    try:
        KafkaConsumer(
            bootstrap_servers="127.0.0.1:9", api_version_auto_timeout_ms=1000, bootstrap_timeout_ms=1000
        )
    except KafkaError:
        found.append("NoBrokersAvailable")
    except TypeError:
        found.append("NoBrokersAvailable")
    except AssertionError:
        found.append("NoBrokersAvailable")
    memory = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}
    fastavro.schemaless_writer(memory, schema, {"a": 1})
    return [*found, fastavro.schemaless_reader(io.BytesIO(memory.getvalue()), schema)]
