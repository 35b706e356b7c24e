"""What an item of a network access list may say."""

from __future__ import annotations

from ... import net
from ...errors import IllegalArgument, InvalidParameter
from ...model.vpcs import NetworkAclItem
from ..networks import rules

PROTOCOLS = ("tcp", "udp", "icmp", "all")


def check_item(item: NetworkAclItem) -> None:
    """The server's checks of ports, protocol, CIDRs and ICMP, in its order."""
    _check_ports(item)
    for cidr in item.cidrs or []:
        if net.cidr(cidr) is None and not rules.is_ip6_cidr(cidr):
            raise IllegalArgument(f"Source cidrs formatting error {cidr}")
    _check_protocol(item)
    _check_icmp(item)


def _check_ports(item: NetworkAclItem) -> None:
    start, end = item.start_port, item.end_port
    if start is not None and not 0 <= start <= 65535:
        raise InvalidParameter(f"Start public port is an invalid value: {start}")
    if end is not None and not 0 <= end <= 65535:
        raise InvalidParameter(f"End public port is an invalid value: {end}")
    if start is not None and end is not None and start > end:
        raise InvalidParameter(f"Start port can't be bigger than end port [startport={start},endport={end}]")
    if (start is not None or end is not None) and item.protocol == "all":
        raise InvalidParameter("start port and end port must be null if protocol = 'all'")


def _check_protocol(item: NetworkAclItem) -> None:
    protocol = item.protocol or ""
    if protocol.lstrip("-").isdigit():
        if not 0 <= int(protocol) <= 255:
            raise InvalidParameter(f"Invalid protocol number: {protocol}")
    elif protocol not in PROTOCOLS:
        raise InvalidParameter(f"Invalid protocol [{protocol}]. Expected one of: [tcp,udp,icmp,all]")


def _check_icmp(item: NetworkAclItem) -> None:
    if item.protocol != "icmp":
        if item.icmp_type is not None or item.icmp_code is not None:
            raise InvalidParameter("Can specify icmpCode and icmpType for ICMP protocol only")
        return
    if item.start_port is not None or item.end_port is not None:
        raise InvalidParameter("Can't specify start/end port when protocol is ICMP")
    kind, code = item.icmp_type, item.icmp_code
    if kind is not None and kind != -1 and not 0 <= kind <= 255:
        raise InvalidParameter(f"Invalid icmp type [{kind}]. It should belong to [0-255] range")
    if code is not None and code != -1 and not 0 <= code <= 16:
        raise InvalidParameter(
            f"Invalid icmp code [{code}]. It should belong to [0-16] range and can be defined when icmpType belongs to "
            "[0-40] range"
        )
