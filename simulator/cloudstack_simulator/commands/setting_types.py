"""Which class of values a setting takes: answers tell numbers, refusals Integer from Long and Float from Double."""

from __future__ import annotations

import re

from ..settings import Setting

LONGS = re.compile(
    r"default\.page\.size|max\.template\.iso\.size|max\.(account|domain|project)\..*|project\.invite\.timeout"
    r"|job\.(cancel\.threshold|expire)\.minutes|ncc\.command\.timeout|security\.singlesignon\.tolerance\.millis"
    r"|vmware\.(hung\.wokervm|vcenter\.session)\.timeout|storage\.max\.volume\.size|custom\.diskoffering\.size\..*"
    r"|vm\.disk\.(bytes|iops)\.maximum\..*|vm\.job\.(check\.interval|report\.interval|timeout)"
    r"|vm\.op\.(cancel\.interval|cleanup\..*)|indirect\.agent\.lb\.check\.interval|kvm\.ha\..*"
    r"|resourcecount\.check\.interval|resource\.reservation\.cleanup\.delay|time\.(between\..*|to\.sleep)"
    r"|outofbandmanagement\.(action|background)\..*|cloud\.kubernetes\.cluster\..*\.timeout"
    r"|cloud\.kubernetes\.(control|worker)\.node\.install\..*|backup\.framework\.sync\.interval"
    r"|quota\.activationrule\.timeout|ca\.framework\.background\.task\.delay|user\.password\.reset\.ttl"
    r"|direct\.download\.certificate\.background\.task\.interval|instance\.lease\..*scheduler\.interval"
)
DOUBLES = re.compile(
    r"cluster\.(cpu|memory)\.allocated\.capacity\.notificationthreshold|cluster\.storage\..*notificationthreshold"
    r"|pool\.storage\..*|storage\.overprovisioning\.factor|zone\.virtualnetwork\.ipv6subnet\..*"
    r"|image\.store\.imbalance\.threshold|kvm\.ha\.activity\.check\.failure\.ratio|diagnostics\.data\.disable\.threshold"
    r"|router\.health\.checks\..*threshold"
)


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


def fits(kind: str, text: str) -> bool:
    """Whether a text is a value of the class."""
    match kind:
        case "java.lang.Boolean":
            return text in ("true", "false")
        case "java.lang.Integer" | "java.lang.Long":
            bits = 31 if kind.endswith("Integer") else 63
            return bool(re.fullmatch(r"[+-]?\d{1,19}", text, re.ASCII)) and -(1 << bits) <= int(text) < 1 << bits
    return bool(re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.ASCII))
