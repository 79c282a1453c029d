"""Hung handlers use up the threads of the others."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

from plugin_sdk import _pools

one = ThreadPoolExecutor(6)
_pools.Pools.create = staticmethod(lambda: _pools.Pools(*[one for _ in fields(_pools.Pools)]))
