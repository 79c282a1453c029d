from apscheduler.triggers.interval import IntervalTrigger
from celery import Celery

PACKAGES = ["apscheduler", "celery", "huey"]
EXPECTED = [3, "memory"]
KIND = "transports found by entry points and by name"


def answer():
    app = Celery("x", broker="memory://", backend="cache+memory://")

    @app.task
    def add(a, b):
        return a + b

    assert IntervalTrigger(seconds=1)
    return [add.apply((1, 2)).get(), app.connection().transport.driver_type]
