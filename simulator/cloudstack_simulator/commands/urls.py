"""Checks of addresses that templates, ISOs and volumes are downloaded from, in the server's words (`UriUtils`)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from ..errors import IllegalArgument, InvalidParameter

COMPRESSED = ("", ".zip", ".bz2", ".gz", ".xz")
SUFFIXES = {
    "vhd": ("vhd",),
    "vhdx": ("vhdx",),
    "qcow2": ("qcow2",),
    "ova": ("ova",),
    "tar": ("tar",),
    "raw": ("img", "raw"),
    "vmdk": ("vmdk",),
    "iso": ("iso",),
}
KNOWN = tuple(f".{s}{c}" for suffixes in SUFFIXES.values() for s in suffixes for c in COMPRESSED)
PORTS = (None, 80, 8080, 443)
UNRESOLVABLE = ".invalid"
"""Names below it never resolve (RFC 2606); all others count as known, because nothing is really downloaded."""


def parts_of(url: str) -> SplitResult:
    """The parts of an address; 431 where it is none, such as one with half a bracket."""
    try:
        return urlsplit(url)
    except ValueError:
        raise InvalidParameter(f"{url} is not a valid uri") from None


def check(url: str, format_name: str | None = None) -> None:
    """Refuse a URL that the server would not download from, or whose name does not fit the format."""
    parts = parts_of(url)
    if parts.scheme.lower() not in ("http", "https", "file"):
        raise IllegalArgument(f"Unsupported scheme for url: {url}")
    try:
        port = parts.port
    except ValueError:
        raise IllegalArgument(f"Invalid URL: {url}") from None
    if port not in PORTS:
        raise IllegalArgument("Only ports 80, 8080 and 443 are allowed")
    _check_host(parts.hostname)
    if format_name is not None:
        check_format(format_name, parts.path)


def _check_host(host: str | None) -> None:
    if not host:
        raise IllegalArgument("Unable to resolve null")
    try:
        address = ip_address(host)
    except ValueError:
        if host.lower().endswith(UNRESOLVABLE):
            raise IllegalArgument(f"Unable to resolve {host}") from None
        return
    if address.is_unspecified or address.is_link_local or address.is_loopback or address.is_multicast:
        raise IllegalArgument("Illegal host specified in url")
    if address.version == 6:
        raise IllegalArgument(f"IPV6 addresses not supported ({address})")


def check_format(format_name: str, path: str) -> None:
    wanted, lowered = format_name.lower(), path.lower()
    if not lowered.endswith(KNOWN):
        raise IllegalArgument(f"Please specify a valid {wanted}")
    suffixes = SUFFIXES.get(wanted)
    if suffixes is not None and not lowered.endswith(tuple(f".{s}{c}" for s in suffixes for c in COMPRESSED)):
        raise IllegalArgument(f"Please specify a valid URL. URL:{path} is an invalid for the format {wanted}")


def domain_of(setting: str | None) -> str | None:
    """`example.org` from `*.example.org`; None when the setting is empty."""
    return re.sub(r"^\*\.", "", setting) if setting else None
