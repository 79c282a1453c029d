"""A built plugin on its way out: checked against Grafana's rules, packed, signed.

dist/ or a zip goes in; findings, one zip with checksums, or MANIFEST.txt leave.
"""
