"""One small pool serves everything."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

from plugin_sdk._serving import pools

one = ThreadPoolExecutor(4)
pools.Pools.create = staticmethod(lambda: pools.Pools(*[one for _ in fields(pools.Pools)]))
