"""One small pool serves everything."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

from plugin_sdk import _pools

one = ThreadPoolExecutor(4)
_pools.Pools.create = staticmethod(lambda: _pools.Pools(*[one for _ in fields(_pools.Pools)]))
