"""Where no model is asked: hosts at which a cloud answers with the credentials of the machine.

Whoever may type an address into the dashboard makes the server send requests there. Link-local
addresses and those of the clouds' metadata services are refused, as they are written and as what a
name leads to. All else is allowed: models do run on this machine and in private networks.

Not covered: a name that leads elsewhere by the time of a later request, a server that redirects, a
proxy that looks names up by itself, and other services inside a network that answer to anybody.
Where that matters, the machine's own network must not let the server reach them.
"""

import socket
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "instance-data"})
METADATA = frozenset({"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"})
"""Of clouds whose metadata services are not at a link-local address."""

REFUSED = "this address belongs to the machine's own cloud settings, not a model"


def is_reserved(host: str) -> bool:
    """Whether a host, as it is written, is one of those."""
    name = host.rstrip(".").lower()
    if name in METADATA_NAMES:
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return address.is_link_local or str(address) in METADATA


def leads_to_reserved(address: str) -> bool:
    """Whether the host of an address is one of those, or its name leads to one now.

    False for a name that leads nowhere: whoever asks there will be told so.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if is_reserved(host):
        return True
    try:
        found = socket.getaddrinfo(host, parts.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(is_reserved(str(place[0])) for *_, place in found)
