"""Fault rules as users write them: read, checked, and matched against calls.

A document is `{"seed": 7, "rules": [{"do": "lose-answer", "command": "deployVirtualMachine", "nth": 2}, …]}`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from .. import contract

WIRE, JOB, CLOUD, LIFE = "wire", "job", "cloud", "life"


@dataclass(frozen=True, slots=True)
class Kind:
    place: str
    """wire: the request or its answer; job: an asynchronous job; cloud: what there is in the cloud; life: what
    happens to an object, whoever made it happen."""
    text: str
    seconds: float | None = None
    """Default of the rule's `seconds`; None: lasts until it is switched off, or has no meaning."""


KINDS = {
    "lose-answer": Kind(WIRE, "The work is done, then the connection closes without an answer."),
    "unavailable": Kind(WIRE, "HTTP status 503 from a proxy; the command does not run."),
    "reset": Kind(WIRE, "The connection closes at once; the command does not run."),
    "slow": Kind(WIRE, "The command runs at once, its answer takes `seconds`.", 5.0),
    "error": Kind(WIRE, "The command does not run; the answer is an API error with `code` and `text`."),
    "race": Kind(WIRE, "Somebody else sends the same request just before: the object is there, or is there twice."),
    "fail-job": Kind(JOB, "The job ends with an error (`code`, `text`) and has changed nothing."),
    "hang-job": Kind(JOB, "The job does not end; with `seconds` it does its work that much later."),
    "stall-job": Kind(JOB, "The job ends with an error (`code`, `text`) amid its work: a volume stays Migrating."),
    "claim-success": Kind(JOB, "The job ends well and has changed nothing."),
    "stuck-instances": Kind(CLOUD, "Instances, routers and system VMs cannot be moved (`where`: their names)."),
    "stopped-instances": Kind(CLOUD, "Instances stop by themselves, and start with the rule's end (`where`: names)."),
    "servers-down": Kind(CLOUD, "Management servers do not run (`where`: names); another one takes the requests."),
    "usage-server-down": Kind(CLOUD, "The usage server does not run."),
    "agents-down": Kind(CLOUD, "The agents of hosts are away (`where`: names of hosts)."),
    "storage-full": Kind(CLOUD, "Primary storage has no room left (`where`: names of pools)."),
    "image-store-full": Kind(CLOUD, "Secondary storage has no room left (`where`: names of image stores)."),
    "no-capacity": Kind(CLOUD, "Hosts have no CPU and no memory left (`where`: names of hosts)."),
    "consoles-open": Kind(CLOUD, "Somebody looks at consoles through console proxies (`where`: their names)."),
    "router-lost": Kind(LIFE, "A router that starts does not come up (`object`: names of routers)."),
    "roles-unsettled": Kind(LIFE, "The routers of a pair don't find out who is primary (`object`: names of routers)."),
    "rules-lost": Kind(
        LIFE, "A router that starts lets nothing through to the rules of its public addresses (`object`: routers)."
    ),
    "patch-swallowed": Kind(LIFE, "A live patch of a router fails, and nobody is told (`object`: names of routers)."),
    "certificate-ignored": Kind(
        LIFE, "A system VM that starts does not take the uploaded certificate (`object`: names of system VMs)."
    ),
    "console-page-fails": Kind(
        LIFE, "A console proxy that starts answers each console page with an error (`object`: names of system VMs)."
    ),
    "websocket-fails": Kind(
        LIFE, "A console proxy that starts takes no WebSockets of consoles (`object`: names of system VMs)."
    ),
    "check-fails": Kind(LIFE, "The health check of DNS fails in a router (`object`: names of routers)."),
    "pool-unmounted": Kind(LIFE, "A host does not mount primary storage that is new to it (`object`: names of hosts)."),
    "store-unmounted": Kind(LIFE, "No storage VM mounts an image store (`object`: names of image stores)."),
    "agent-silent": Kind(LIFE, "The agent of a system VM that starts stays away (`object`: names of system VMs)."),
}
COUNTING = ("object", "nth", "times", "probability")
"""Keys that choose among calls, or among objects that something happens to."""
KEYS = frozenset(
    {"name", "do", "command", "object", "where", "nth", "times", "probability", "seconds", "code", "text", "enabled"}
)
CODES = frozenset({401, 430, 431, 432, 530, 531, 532, 533, 534, 535, 536, 537})


def keys_of(do: str) -> list[str]:
    """Keys of a rule that mean something for this kind, beside its name."""
    kind = KINDS[do]
    lasts = kind.place == CLOUD or do in ("slow", "hang-job")
    return [
        *(["command"] if kind.place != LIFE else []),
        *(["where"] if kind.place == CLOUD else []),
        *COUNTING,
        *(["seconds"] if lasts else []),
        *(["code", "text"] if do in ("error", "fail-job", "stall-job") else []),
    ]


class FaultError(ValueError):
    """A document of rules that cannot be used; the text names the rule and the remedy."""


@dataclass(slots=True)
class Rule:
    """One rule. It fires when command, object, turn and chance all agree."""

    name: str
    do: str
    command: tuple[str, ...] = ()
    """Names or patterns (`list*`); any of them fits. Empty: every command."""
    object: str = "*"
    """Pattern that one of the call's values, or the name of an object it names by id, has to fit."""
    where: str = "*"
    """Pattern of names of hosts or pools, for conditions of the cloud."""
    nth: tuple[int, ...] = ()
    """Of the calls that fit, the first is 1."""
    times: int | None = None
    probability: float = 1.0
    seconds: float | None = None
    code: int = 530
    text: str = "Internal error injected by a fault rule"
    enabled: bool = True
    seen: int = 0
    fired: int = 0
    chance: random.Random = field(default_factory=random.Random, repr=False)

    @property
    def kind(self) -> Kind:
        return KINDS[self.do]

    @property
    def is_standing(self) -> bool:
        """Whether it is a condition of the cloud from the moment it is switched on."""
        return self.kind.place == CLOUD and not self.command

    def meets(self, command: str, words: Iterable[str]) -> bool:
        """Whether the rule fires for this call; counts the call when it fits."""
        if not self.enabled or self.is_standing:
            return False
        if self.command and not any(fnmatchcase(command.lower(), pattern.lower()) for pattern in self.command):
            return False
        if self.object != "*" and not any(fnmatchcase(word.lower(), self.object.lower()) for word in words):
            return False
        self.seen += 1
        drawn = self.chance.random() < self.probability
        if (self.nth and self.seen not in self.nth) or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += drawn
        return drawn

    def go_on(self, seen: int, fired: int) -> None:
        """Count from here, with the chances that are still to come."""
        for _drawn in range(seen):
            self.chance.random()
        self.seen, self.fired = seen, fired

    def view(self) -> dict[str, Any]:
        """The rule as a document has it, with how often it was met and fired."""
        return {
            "name": self.name, "do": self.do, "command": list(self.command), "object": self.object, "where": self.where,
            "nth": list(self.nth), "times": self.times, "probability": self.probability, "seconds": self.seconds,
            "code": self.code, "text": self.text, "enabled": self.enabled, "seen": self.seen, "fired": self.fired,
        }  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    """The document in a YAML (or JSON) file."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultError(f"cannot read {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FaultError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    return document if document is not None else {}


def parse(document: Any) -> tuple[int, list[Rule]]:
    """(seed, rules) of a document; everything in it is checked."""
    if not isinstance(document, dict) or set(document) - {"seed", "rules"}:
        raise FaultError("fault rules are a mapping with the keys `rules` (a list) and, if wanted, `seed` (a number)")
    seed, entries = document.get("seed", 0), document.get("rules") or []
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise FaultError(f"seed has to be a whole number, not {seed!r}")
    if not isinstance(entries, list):
        raise FaultError("rules has to be a list")
    rules = [parse_rule(entry, position, seed) for position, entry in enumerate(entries, 1)]
    names = [rule.name for rule in rules]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise FaultError(f"two rules have the name {double!r}; give each its own")
    return seed, rules


def parse_rule(entry: Any, position: int, seed: int) -> Rule:
    """One rule of a document; `position` counts from 1."""
    if not isinstance(entry, dict):
        raise FaultError(f"rule {position} has to be a mapping with the key `do`")
    name = str(entry.get("name") or f"{entry.get('do')} {position}")
    complain = _Complaint(f"rule {position} ({name})")
    if name in (".", ".."):
        raise complain("a name of dots leads elsewhere in a URL; choose another")
    unknown = sorted(str(key) for key in entry.keys() - KEYS)
    if unknown:
        raise complain(f"does not know {', '.join(unknown)}; there is {', '.join(sorted(KEYS))}")
    do = entry.get("do")
    if not isinstance(do, str) or do not in KINDS:
        raise complain(f"do is {do!r}; it has to be one of {', '.join(KINDS)}")
    kind = KINDS[do]
    if kind.place == LIFE and entry.get("command"):
        raise complain("happens to objects, not to calls; leave command out and name them by object")
    rule = Rule(
        name=name,
        do=do,
        command=_commands(entry.get("command"), complain),
        object=_text(entry, "object", "*", complain),
        where=_text(entry, "where", "*", complain),
        nth=_turns(entry.get("nth"), complain),
        times=_number(entry, "times", None, complain, whole=True),
        probability=_number(entry, "probability", 1.0, complain, most=1.0),
        seconds=_number(entry, "seconds", kind.seconds, complain),
        code=_code(entry.get("code", 530), complain),
        text=_text(entry, "text", "Internal error injected by a fault rule", complain),
        enabled=_switch(entry.get("enabled", True), complain),
        chance=random.Random(f"{seed}/{name}"),
    )
    _refuse_idle_keys(rule, complain)
    return rule


def _refuse_idle_keys(rule: Rule, complain: _Complaint) -> None:
    """What a rule would not heed: whoever wrote it means something narrower than what would happen."""
    plain = Rule(rule.name, rule.do, seconds=rule.kind.seconds)
    said = [key for key in ("where", "seconds", *COUNTING) if getattr(rule, key) != getattr(plain, key)]
    for key in said:
        if key not in keys_of(rule.do):
            raise complain(f"{key} means nothing for {rule.do}; leave it out, there is {', '.join(keys_of(rule.do))}")
        if key in COUNTING and rule.is_standing:
            raise complain(
                f"{key} chooses among calls, and {rule.do} without command holds at once; "
                "name its objects by where, or the command from which on it holds"
            )


class _Complaint:
    def __init__(self, who: str) -> None:
        self.who = who

    def __call__(self, text: str) -> FaultError:
        return FaultError(f"{self.who}: {text}")


def _commands(given: Any, complain: _Complaint) -> tuple[str, ...]:
    patterns = [given] if isinstance(given, str) else given or []
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise complain("command has to be a name, a pattern such as list*, or a list of these")
    known = [name.lower() for name in contract.commands()] + ["login", "logout"]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern.lower()) for name in known):
            raise complain(f"there is no command {pattern}")
    return tuple(patterns)


def _text(entry: dict[str, Any], key: str, default: str, complain: _Complaint) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str) or not value:
        raise complain(f"{key} has to be text, not {value!r}")
    return value


def _turns(given: Any, complain: _Complaint) -> tuple[int, ...]:
    turns = [given] if isinstance(given, int) else given or []
    if not isinstance(turns, list) or not all(
        isinstance(turn, int) and not isinstance(turn, bool) and turn > 0 for turn in turns
    ):
        raise complain("nth has to be a number from 1 on, or a list of such numbers")
    return tuple(turns)


def _number(
    entry: dict[str, Any], key: str, default: float | None, complain: _Complaint, *, most: float = 1e9,
    whole: bool = False,
) -> Any:  # fmt: skip
    value = entry.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not 0 <= value <= most:
        raise complain(f"{key} has to be a {'whole ' if whole else ''}number from 0 to {most:g}, not {value!r}")
    return value


def _code(given: Any, complain: _Complaint) -> int:
    if not isinstance(given, int) or given not in CODES:
        raise complain(f"code has to be one of the API's: {', '.join(map(str, sorted(CODES)))}")
    return int(given)


def _switch(given: Any, complain: _Complaint) -> bool:
    if not isinstance(given, bool):
        raise complain("enabled has to be true or false")
    return given
