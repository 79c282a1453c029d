import bz2
import ctypes
import dbm.dumb
import lzma
import sqlite3
import tempfile
import unittest
import wsgiref.util
import xml.etree.ElementTree
import xmlrpc.client
from importlib import import_module

PACKAGES = ["attrs"]
EXPECTED = [["xml", "1"], [2], "lzma", "dumb", True, "utf_16", "PASS"]
KIND = "the standard library"
QUICK = True


def answer():
    root = xml.etree.ElementTree.fromstring("<a n='1'/>")
    with sqlite3.connect(":memory:") as database:
        row = list(database.execute("select 1 + 1").fetchone())
    with tempfile.TemporaryDirectory() as folder, dbm.dumb.open(f"{folder}/x", "c") as store:
        store["a"] = "dumb"
        text = store["a"].decode()
    assert bz2.decompress(bz2.compress(b"x")) == b"x"
    found = [["xml", root.get("n")], row, lzma.decompress(lzma.compress(b"lzma")).decode(), text]
    found += [
        wsgiref.util.guess_scheme({}) == "http"
        and ctypes.sizeof(ctypes.c_int) == 4
        and bool(xmlrpc.client.dumps(()))
    ]
    result = unittest.TestCase().defaultTestResult()
    return [
        *found,
        import_module("encodings.utf_16").__name__.partition(".")[2],
        "PASS" if result.wasSuccessful() else "",
    ]
