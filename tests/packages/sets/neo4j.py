import neo4j
from neo4j.exceptions import ServiceUnavailable
from neo4j.time import Date

PACKAGES = ["neo4j"]
EXPECTED = ["ServiceUnavailable", "2026-01-01"]
KIND = "pure Python"


def answer():
    with neo4j.GraphDatabase.driver("bolt://127.0.0.1:9") as driver:
        try:
            driver.verify_connectivity()
        except ServiceUnavailable as error:
            return [type(error).__name__, Date(2026, 1, 1).iso_format()]
    return []
