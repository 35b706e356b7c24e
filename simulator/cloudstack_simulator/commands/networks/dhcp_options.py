"""Extra DHCP options of NICs."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import IllegalArgument, InvalidParameter
from ...hash_order import in_hash_order
from ...parameters import entries

PREFIX = "dhcp:"
NAMES = {
    1: "netmask", 2: "time-offset", 3: "router", 4: "time-server", 6: "dns-server", 7: "log-server", 9: "lpr-server",
    12: "hostname", 13: "boot-file-size", 15: "domain-name", 16: "swap-server", 17: "root-path", 18: "extension-path",
    19: "ip-forward-enable", 20: "non-local-source-routing", 21: "policy-filter", 22: "max-datagram-reassembly",
    23: "default-ttl", 26: "mtu", 27: "all-subnets-local", 28: "broadcast", 31: "router-discovery",
    32: "router-solicitation", 33: "static-route", 34: "trailer-encapsulation", 35: "arp-timeout",
    36: "ethernet-encap", 37: "tcp-ttl", 38: "tcp-keepalive", 40: "nis-domain", 41: "nis-server", 42: "ntp-server",
    43: "vendor-encap", 44: "netbios-ns", 45: "netbios-dd", 46: "netbios-nodetype", 47: "netbios-scope",
    48: "x-windows-fs", 49: "x-windows-dm", 50: "requested-address", 51: "lease-time", 52: "option-overload",
    53: "message-type", 54: "server-identifier", 55: "parameter-request", 56: "message", 57: "max-message-size",
    58: "T1", 59: "T2", 60: "vendor-class", 61: "client-id", 64: "nis+-domain", 65: "nis+-server", 66: "tftp-server",
    67: "bootfile-name", 68: "mobile-ip-home", 69: "smtp-server", 70: "pop3-server", 71: "nntp-server",
    74: "irc-server", 77: "user-class", 93: "client-arch", 94: "client-interface-id", 97: "client-machine-id",
    114: "url", 119: "domain-search", 120: "sip-server", 121: "classless-static-route", 125: "vendor-id-encap",
    255: "server-ip-address",
}  # fmt: skip
BUCKETS = 16
"""The server keeps the options of a call in a hash map of that many buckets, and hands them out by bucket."""
CODES = {name: code for code, name in NAMES.items()}


def by_network(call: Call) -> dict[str, dict[int, str]]:
    """Options by the id of the network that `dhcpoptionsnetworklist` gives them for."""
    found: dict[str, dict[int, str]] = {}
    for entry in entries(call.params.dhcpoptionsnetworklist, "Map"):
        network = entry.get("networkid")
        if network is None:
            raise IllegalArgument("No networkid specified when providing extra dhcp options.")
        found[network] = _options({name: value for name, value in entry.items() if name != "networkid"})
    return found


def of_nic(call: Call) -> dict[int, str]:
    """The options of `dhcpoptions`, for one new NIC."""
    given: dict[int, str] = {}
    for entry in entries(call.params.dhcpoptions, "Map"):
        given |= _options(entry)
    return given


def _options(entry: dict[str, str]) -> dict[int, str]:
    found = {_code(name): entry[name] for name in in_hash_order(entry)}
    return {code: found[code] for code in sorted(found, key=lambda code: code % BUCKETS)}


def _code(name: str) -> int:
    if not name.startswith(PREFIX):
        if name not in CODES:
            raise IllegalArgument(f"Dhcp option {name} not supported.")
        return CODES[name]
    text = name.removeprefix(PREFIX)
    if not text.isdecimal():
        raise IllegalArgument(f'For input string: "{text}"')
    return int(text)


def check(options: dict[str, dict[int, str]], networks: list[Any]) -> None:
    """Refuse options for a network that the instance is not in."""
    for uuid in options:
        if all(network.uuid != uuid for network in networks):
            raise InvalidParameter(
                f"VM does not has a nic in the Network ({uuid}) that is specified in the extra dhcp options."
            )


def keep(call: Call, vm: Any, options: dict[str, dict[int, str]]) -> None:
    """Options that a NIC has already get the new value, others are added."""
    for nic in call.db.nics.where(vm_id=vm.id):
        given = options.get(call.db.networks[nic.network_id].uuid)
        if given:
            nic.dhcp_options = {**(nic.dhcp_options or {}), **given}


def views(nic: Any) -> list[dict[str, Any]]:
    """Options as they are shown. The server takes every code, and fails to show those that it has no name for."""
    shown = []
    for code, value in (nic.dhcp_options or {}).items():
        if code not in NAMES:
            raise IllegalArgument(f"Dhcp option code {code} not supported.")
        shown.append({"extradhcpoptionname": NAMES[code], "extradhcpoptioncode": code, "extradhcpvalue": value})
    return shown
