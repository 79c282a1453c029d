import dns.name
import dns.rdatatype
import dns.rdtypes.IN.A
import ldap3
from ldap3.utils.conv import escape_filter_chars

PACKAGES = ["ldap3", "dnspython", "pysmb"]
EXPECTED = ["(a=\\2a)", "a.example."]
KIND = "record types imported by name"


def answer():
    assert ldap3.Server("127.0.0.1")
    return [f"(a={escape_filter_chars('*')})", dns.name.from_text("a.example").to_text()]
