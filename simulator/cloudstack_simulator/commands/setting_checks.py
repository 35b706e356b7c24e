"""Which values a setting takes."""

from __future__ import annotations

import ipaddress
import re

from ..errors import InvalidParameter
from ..settings import Setting

LONGS = re.compile(
    r"default\.page\.size|max\.(account|domain|project)\..*|job\..*minutes|network\.gc\..*|ping\.interval|storage\.max\..*"
    r"|.*\.iops?\..*|.*bytes.*|vm\.job\..*|vm\.op\..*|custom\.diskoffering\..*|execute.*|snapshot\.backup.*|drs\.plan.*"
    r"|.*\.cleanup\.(interval|delay)|indirect\.agent\.lb\.check\.interval|kvm\.ha\..*|resourcecount\.check\.interval"
)
DOUBLES = re.compile(
    r"storage\.overprovisioning\.factor|pool\.storage\..*|.*storage.*capacity.*threshold|zone\..*|drs\..*"
)
POSITIVE = frozenset({
    "account.cleanup.interval", "alert.wait", "consoleproxy.capacityscan.interval", "event.purge.interval",
    "expunge.interval", "host.stats.interval", "incorrect.login.attempts.allowed", "network.gc.interval",
    "ping.interval", "router.stats.interval", "snapshot.poll.interval", "storage.cleanup.interval",
    "storage.stats.interval", "system.vm.auto.reserve.capacity", "wait", "workers", "xapiwait",
    "xenserver.heartbeat.interval", "xenserver.heartbeat.timeout",
})  # fmt: skip
OVERPROVISIONING = frozenset({
    "cpu.overprovisioning.factor", "mem.overprovisioning.factor", "storage.overprovisioning.factor",
})  # fmt: skip
NETWORKS = frozenset({"management.network.cidr"})


def java_type(setting: Setting) -> str | None:
    """The class whose values the setting takes; None for text."""
    match setting.type:
        case "Boolean":
            return "java.lang.Boolean"
        case "Number":
            return "java.lang.Long" if LONGS.fullmatch(setting.name) else "java.lang.Integer"
        case "Decimal" | "Range":
            return "java.lang.Double" if DOUBLES.fullmatch(setting.name) else "java.lang.Float"
    return None


def _fits(kind: str, text: str) -> bool:
    match kind:
        case "java.lang.Boolean":
            return text in ("true", "false")
        case "java.lang.Integer" | "java.lang.Long":
            bits = 31 if kind.endswith("Integer") else 63
            return bool(re.fullmatch(r"[+-]?\d{1,19}", text, re.ASCII)) and -(1 << bits) <= int(text) < 1 << bits
    return bool(re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII))


def check_value(setting: Setting, text: str) -> None:
    """Refuse a value of the wrong type or out of range; nothing ("" or "null") clears and is always right."""
    if text in ("", "null"):
        return
    kind = java_type(setting)
    if kind is not None and not _fits(kind, text):
        raise InvalidParameter(f"Value [{text}] is not a valid [class {kind}].")
    name = setting.name
    if name in OVERPROVISIONING and float(text) <= 0:
        raise InvalidParameter(f"Value for configuration [{name}] should be greater than 0.")
    if name in POSITIVE and float(text) <= 0:
        raise InvalidParameter(f"Please enter a positive value for the configuration parameter: [{name}].")
    if name == "vm.password.length" and int(text) < 6:
        raise InvalidParameter(f"Please enter a value greater than 5 for the configuration parameter: [{name}].")
    if setting.type == "Range" and "threshold" in name and not 0 <= float(text) <= 1:
        raise InvalidParameter(f"Please enter a value between 0 and 1 for the configuration parameter: [{name}].")
    if name in NETWORKS:
        _check_network(name, text)


def _check_network(name: str, text: str) -> None:
    try:
        for part in text.split(","):
            ipaddress.ip_network(part.strip(), strict=False)
    except ValueError:
        raise InvalidParameter(f"Invalid value for configuration [{name}].") from None
