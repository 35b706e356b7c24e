"""Comparing a recorded answer with the simulator's: equal, but for ids, times and what the server makes up.

Ids of the two worlds are bound to each other the first time they meet and have to agree from then on, both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from .certificates import CERTIFICATE

UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d{4}|Z)?|(?<=_)20\d{12}(?!\d)")
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
FINGERPRINT = re.compile(r"(?:[0-9a-fA-F]{2}:){7,}[0-9a-fA-F]{2}")
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
NUMBER = re.compile(
    r"""(?<=[ivrsl]-)\d+(?:-\d+)?(?=-[A-Z])      # i-2-5-VM, r-4-VM
      | (?<=accountId:\ )\d+ | (?<=PrjAcct-proj-)\d+ | (?<=in\ domain\ )\d+ | (?<=id\ =\ )\d+
      | (?<=ROOT-)\d+ | (?<=DATA-)\d+ | (?<=-local-)[0-9a-f]{8}
      | (?<="id":)\d+ | (?<="id":\ )\d+ | (?<=Id":)\d+
      | (?<=[\ (,=:\[\#]id=)\d+ | (?<=^id=)\d+
      | (?<=\bID\ )\d+ | (?<=\bID=)\d+ | (?<=\bid\ )\d+ | (?<=\bid\ \[)\d+ | (?<=\bID\ \[)\d+ | (?<=\bid:\ )\d+
      | (?<=\bID:\ )\d+ | (?<=\bId:\ )\d+""",
    re.VERBOSE,
)
TOKENS = re.compile(
    f"(?P<pem>{CERTIFICATE.pattern})|(?P<uuid>{UUID.pattern})|(?P<time>{TIME.pattern})|(?P<print>{FINGERPRINT.pattern})"
    f"|(?P<mac>{MAC.pattern})|(?P<ip>{ADDRESS.pattern})"
)
MEASURED = re.compile(
    r"\.(?:heapmemoryused|threads\w+count|systemmemory\w+|systemtotalcpucycles|systemloadaverages|systemcycleusage"
    r"|cpuload|kernelversion|connections|uptime|queries|dbloadaverages)(?:\[\d+\])?$"
)
"""What the recorded machine itself was busy with: only the kind and the form of these values are compared."""
SIGNATURE = ".cloudidentifier.signature"
"""Made with the recorded admin's secret."""
APIS = ".listapisresponse.api"
"""Here the server has empty objects for fields that it does not describe."""
DOCUMENTATION = re.compile(r"^\.listapisresponse\.api\[\d+\].*\.(?:description|related)$")
"""Explanations in listApis: the contract does not have them."""
SECRET = "<secret>"
MADE_UP_TOKENS = {"vlan", "broadcasturi"}


@dataclass
class Bindings:
    """Which id of the recording is which id of the simulator."""

    there: dict[str, str] = field(default_factory=dict)
    here: dict[str, str] = field(default_factory=dict)

    def agree(self, recorded: str, ours: str) -> bool:
        return self.there.get(recorded, ours) == ours and self.here.get(ours, recorded) == recorded

    def bind(self, recorded: str, ours: str) -> bool:
        if not self.agree(recorded, ours):
            return False
        self.there[recorded], self.here[ours] = ours, recorded
        return True

    def translate(self, text: str) -> str:
        """A recorded request's text with the simulator's ids and addresses in it."""
        text = UUID.sub(lambda m: self.there.get(m[0], m[0]), text)
        text = FINGERPRINT.sub(lambda m: self.there.get(m[0], m[0]), text)
        return ADDRESS.sub(lambda m: self.there.get(m[0], m[0]), text)

    def take(self, other: Bindings) -> None:
        """Become equal to `other`."""
        self.there.clear()
        self.there.update(other.there)
        self.here.clear()
        self.here.update(other.here)

    def copy(self) -> Bindings:
        return Bindings(dict(self.there), dict(self.here))


@dataclass(frozen=True)
class Difference:
    path: str
    recorded: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.path}: recorded {_short(self.recorded)}, here {_short(self.ours)}"


def _short(value: Any) -> str:
    text = "(absent)" if value is ABSENT else repr(value)
    return text if len(text) < 400 else text[:400] + "…"


ABSENT = object()


class Comparison:
    """Compares answers under bindings that grow."""

    def __init__(self, bindings: Bindings, given: set[str]) -> None:
        self.bindings = bindings
        self.given = given
        """Texts that the client sent: addresses among them have to be equal."""

    def differences(self, recorded: Any, ours: Any) -> list[Difference]:
        """How the answers differ; what could be bound on the way stays bound."""
        trial = self.bindings.copy()
        found = list(self._compare("", recorded, ours, trial))
        if found:
            for pair in self._pairs(recorded, ours):
                self.bindings.bind(*pair)
        else:
            self.bindings.take(trial)
        return found

    def _compare(self, path: str, recorded: Any, ours: Any, bindings: Bindings) -> Iterator[Difference]:
        if MEASURED.search(path):
            recorded, ours = _form(recorded), _form(ours)
        if DOCUMENTATION.match(path) or (path.endswith(SIGNATURE) and type(recorded) is type(ours)):
            return
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for key in [*recorded, *(k for k in ours if k not in recorded)]:
                yield from self._compare(f"{path}.{key}", recorded.get(key, ABSENT), ours.get(key, ABSENT), bindings)
        elif isinstance(recorded, list) and isinstance(ours, list):
            yield from self._compare_lists(path, recorded, ours, bindings)
        elif _is_xml(recorded) and _is_xml(ours):
            yield from self._compare(path, _from_xml(recorded), _from_xml(ours), bindings)
        elif isinstance(recorded, str) and isinstance(ours, str):
            if path.endswith(".events"):
                recorded, ours = ("; ".join(sorted(text.split("; "))) for text in (recorded, ours))
            if not self._same_text(recorded, ours, bindings):
                yield Difference(path, recorded, ours)
        elif (type(recorded) is not type(ours) and not _both_numbers(recorded, ours)) or recorded != ours:
            yield Difference(path, recorded, ours)

    def _compare_lists(
        self, path: str, recorded: list[Any], ours: list[Any], bindings: Bindings
    ) -> Iterator[Difference]:
        if path.startswith(APIS):
            recorded = [item for item in recorded if item != {}]
        if path.count(".") > 2:
            ours = self._aligned(path, recorded, ours, bindings)
        for index, item in enumerate(recorded):
            other = ours[index] if index < len(ours) else ABSENT
            yield from self._compare(f"{path}[{index}]", item, other, bindings)
        for index in range(len(recorded), len(ours)):
            yield Difference(f"{path}[{index}]", ABSENT, ours[index])

    def _aligned(self, path: str, recorded: list[Any], ours: list[Any], bindings: Bindings) -> list[Any]:
        """Inner lists (services, tags, members) have no order: put ours into the recorded one."""
        left = list(ours)
        placed: list[Any] = []
        for item in recorded:
            for other in left:
                if not list(self._compare(f"{path}[0]", item, other, bindings.copy())):
                    left.remove(other)
                    placed.append(other)
                    break
            else:
                placed.append(ABSENT)
        for index, other in enumerate(placed):
            if other is ABSENT and left:
                placed[index] = left.pop(0)
        return placed + left

    def _same_text(self, recorded: str, ours: str, bindings: Bindings) -> bool:
        if recorded == SECRET:
            return True
        if recorded == ours and not UUID.search(recorded):
            return True
        skeleton_there, tokens_there = _skeleton(recorded)
        skeleton_here, tokens_here = _skeleton(ours)
        if skeleton_there != skeleton_here or len(tokens_there) != len(tokens_here):
            return False
        return all(
            self._same_token(kind, a, b, bindings)
            for (kind, a), (_kind, b) in zip(tokens_there, tokens_here, strict=True)
        )

    def _same_token(self, kind: str, recorded: str, ours: str, bindings: Bindings) -> bool:
        if kind in ("time", "number"):
            return True
        if kind == "ip" and (recorded == ours or recorded in self.given):
            return recorded == ours
        return bindings.bind(recorded.lower(), ours.lower())

    def _pairs(self, recorded: Any, ours: Any) -> Iterator[tuple[str, str]]:
        """Ids of objects that plainly are the same: equal place, and equal name where they have one."""
        if isinstance(recorded, list) and isinstance(ours, list):
            named = {o.get("name"): o for o in ours if isinstance(o, dict)}
            for index, item in enumerate(recorded):
                name = item.get("name") if isinstance(item, dict) else None
                other = named.get(name) if name else (ours[index] if index < len(ours) else None)
                if name or _looks_like(item, other):
                    yield from self._pairs(item, other)
        if not (isinstance(recorded, dict) and isinstance(ours, dict)):
            return
        for key in recorded.keys() & ours.keys():
            a, b = recorded[key], ours[key]
            if isinstance(a, str) and isinstance(b, str) and UUID.fullmatch(a) and UUID.fullmatch(b):
                yield a.lower(), b.lower()
            else:
                yield from self._pairs(a, b)


def _looks_like(recorded: Any, ours: Any) -> bool:
    """Whether two objects without names agree in all that is neither id nor text with ids or times in it."""
    if not (isinstance(recorded, dict) and isinstance(ours, dict)):
        return False
    return all(
        ours.get(key) == value or bool(TOKENS.search(str(value)))
        for key, value in recorded.items()
        if not isinstance(value, (dict, list))
    )


def _form(value: Any) -> Any:
    """A measured value without its size."""
    if isinstance(value, str):
        return re.sub(r"\d[\w.-]*", "0", value)
    return 0 if isinstance(value, (int, float)) else value


def _is_xml(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("<?xml")


def _from_xml(text: str) -> Any:
    """XML as {tag and attributes: [children]}: the fields of an object have no order, repeated ones have."""
    return _element(ET.fromstring(text.split("?>", 1)[1]))


def _element(node: ET.Element) -> dict[str, Any]:
    children: dict[str, Any] = {}
    for child in node:
        for key, value in _element(child).items():
            children.setdefault(key, []).append(value)
    label = node.tag + "".join(f" {name}={value}" for name, value in sorted(node.attrib.items()))
    return {label: children or (node.text or "")}


def _both_numbers(a: Any, b: Any) -> bool:
    return all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (a, b))


def _skeleton(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text with its ids, times, addresses and internal numbers taken out, and those."""
    tokens: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        kind = match.lastgroup or "number"
        tokens.append((kind, match[0]))
        return f"<{kind}>"

    plain = NUMBER.sub(lambda m: "\x01" + m[0] + "\x02", TOKENS.sub(take, text))
    plain = re.sub("\x01[^\x02]*\x02", lambda m: tokens.append(("number", m[0])) or "<number>", plain)
    return plain, tokens
