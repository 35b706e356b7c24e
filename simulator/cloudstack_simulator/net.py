"""IPv4 arithmetic as the server's checks do it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, NetmaskValueError

PRIVATE = tuple(IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def is_ip4(text: str | None) -> bool:
    try:
        IPv4Address(text or "")
    except AddressValueError:
        return False
    return True


def is_ip6(text: str | None) -> bool:
    try:
        IPv6Address(text or "")
    except AddressValueError:
        return False
    return True


def is_netmask(text: str | None) -> bool:
    """Whether a text is a netmask in dots (`255.255.255.0`)."""
    if not is_ip4(text):
        return False
    inverse = ~number(str(text)) & 0xFFFFFFFF
    return inverse & (inverse + 1) == 0


def number(address: str) -> int:
    return int(IPv4Address(address))


def address(value: int) -> str:
    return str(IPv4Address(value))


def ip6_of(cidr: str, mac: str) -> str:
    """The IPv6 address that a card with this MAC address gives itself in a network (EUI-64)."""
    octets = [int(octet, 16) for octet in mac.split(":")]
    octets[0] ^= 2
    own = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    return str(IPv6Network(cidr, strict=False).network_address + int.from_bytes(own, "big"))


def network(gateway: str, netmask: str) -> IPv4Network:
    """The network that an address and a netmask (or prefix length) span."""
    return IPv4Network(f"{gateway}/{netmask}", strict=False)


@lru_cache(maxsize=4096)
def cidr(text: str | None) -> IPv4Network | None:
    """A network from `a.b.c.d/n` (host bits allowed), or None when the text is none."""
    if not text or "/" not in text:
        return None
    try:
        return IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return None


def known_cidr(text: str) -> IPv4Network:
    """The network of a text that was found to be one when it came in."""
    return IPv4Network(text, strict=False)


def is_guest_cidr(text: str) -> bool:
    """Whether a zone may use it for guests: a private network."""
    found = cidr(text)
    return found is not None and any(found.subnet_of(private) for private in PRIVATE)


def overlap(start: str, end: str, other_start: str, other_end: str) -> bool:
    return number(start) <= number(other_end) and number(other_start) <= number(end)


def size(start: str, end: str) -> int:
    return number(end) - number(start) + 1


def within(value: str, start: str, end: str) -> bool:
    return number(start) <= number(value) <= number(end)


def numbers(start: str, end: str) -> Iterable[int]:
    return range(number(start), number(end) + 1)
