# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses and networks: checked before any call, and compared by what they mean."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ..client import InvalidInput

_IPV4 = ("gateway", "start_ip", "end_ip")
_IPV6 = ("start_ipv6", "end_ipv6", "gateway_ipv6")


def check_addresses(given: Mapping[str, Any], names: tuple[str, ...], version: int = 4) -> None:
    """Refuses what is no address. ``version``: 4 or 6. An empty text is left to the server: it may clear a value."""
    for name in names:
        value = given.get(name)
        if value in (None, ""):
            continue
        try:
            right = ipaddress.ip_address(str(value)).version == version
        except ValueError:
            right = False
        if not right:
            raise InvalidInput(
                f"{name}: {value!r} is no IPv{version} address", option=name, remedy=f"give an IPv{version} address"
            )


def check_network(given: Mapping[str, Any], name: str) -> None:
    """Refuses what is no IPv4 network with a prefix length."""
    value = given.get(name)
    if value in (None, ""):
        return
    try:
        ipaddress.IPv4Interface(str(value))
        right = "/" in str(value)
    except ValueError:
        right = False
    if not right:
        raise InvalidInput(f"{name}: {value!r} is no network", option=name, remedy="give one like 10.1.1.0/24")


def check_ranges(given: Mapping[str, Any]) -> None:
    """Addresses are addresses, the end is not before the start, and both lie in the network of the gateway."""
    check_addresses(given, _IPV4)
    check_addresses(given, _IPV6, version=6)
    for first, last in (("start_ip", "end_ip"), ("start_ipv6", "end_ipv6")):
        start, end = given.get(first), given.get(last)
        if start and end and int(ipaddress.ip_address(end)) < int(ipaddress.ip_address(start)):
            raise InvalidInput(f"{last} is before {first}", option=last, remedy=f"give an address after {first}")
    if given.get("netmask"):
        _check_subnet(given)


def _check_subnet(given: Mapping[str, Any]) -> None:
    try:
        network = ipaddress.ip_network(f"{given.get('gateway') or '0.0.0.0'}/{given['netmask']}", strict=False)  # noqa: S104
    except ValueError:
        raise InvalidInput(
            f"netmask: {given['netmask']!r} is no netmask", option="netmask", remedy="give one like 255.255.255.0"
        ) from None
    for name in ("start_ip", "end_ip"):
        if given.get("gateway") and given.get(name) and ipaddress.ip_address(given[name]) not in network:
            raise InvalidInput(
                f"{name} {given[name]} is not in the network {network} of the gateway",
                option=name,
                remedy="correct gateway, netmask or address",
            )


def same_address(want: Any, have: Any) -> bool:
    """Equality of addresses and networks however they are written: IPv6 has many ways."""
    if want in (None, "") or have in (None, ""):
        return (want or "") == (have or "")
    try:
        return ipaddress.ip_interface(str(want)) == ipaddress.ip_interface(str(have))
    except ValueError:
        return str(want) == str(have)
