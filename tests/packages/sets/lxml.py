from bs4 import BeautifulSoup
from lxml import etree

PACKAGES = ["lxml", "beautifulsoup4"]
EXPECTED = [["1", "2"], "x"]
KIND = "a parser found by name"


def answer():
    found = etree.fromstring(b"<a><b>1</b><b>2</b></a>").xpath("//b/text()")
    return [[str(text) for text in found], BeautifulSoup("<p>x</p>", "lxml").p.text]
