import blosc2
import brotli
import cramjam
import lz4.frame
import snappy
import zstandard

PACKAGES = ["zstandard", "lz4", "brotli", "python-snappy", "cramjam", "blosc2"]
EXPECTED = ["x", "x", "x", "x", "x", "x"]
KIND = "compiled modules"


def answer():
    found = [zstandard.decompress(zstandard.compress(b"x")), lz4.frame.decompress(lz4.frame.compress(b"x"))]
    found += [brotli.decompress(brotli.compress(b"x")), snappy.decompress(snappy.compress(b"x"))]
    found += [
        bytes(cramjam.gzip.decompress(cramjam.gzip.compress(b"x"))),
        blosc2.decompress(blosc2.compress(b"x", typesize=1)),
    ]
    return [data.decode() for data in found]
