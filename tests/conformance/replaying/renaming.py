"""The same recording with every client-given name, size and address consistently changed.

What the simulator answers has to come from rules: with other names and addresses it has to answer the same, renamed.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable
from typing import Any

from .recordings import Exchange, catalogue_text, clean_start, error_words

NAMING = frozenset({"name", "displaytext", "displayname", "username", "account", "newname", "description", "firstname"})
MAKING = ("create", "add", "register", "deploy", "import", "update", "copy", "upload", "generate")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{2,}")
ADDRESS = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.])")
CLEAN_NETWORKS = ((10, 147, 28), (10, 1, 1), (172, 16, 15), (192, 168, 2))
SIZES = {"memory": 8, "cpuspeed": 10, "disksize": 3, "rootdisksize": 3}
"""Sizes of offerings → how much each becomes larger."""
OFFERINGS = "service_offerings"
"""The run of recordings that begins with this one is all about offerings."""
NOT_NAMES = frozenset({"updateConfiguration", "resetConfiguration", "generateAlert", "addNetworkServiceProvider"})


def change(runs: list[tuple[str, tuple[Exchange, ...]]]) -> list[tuple[str, tuple[Exchange, ...]]]:
    """The calls of a run of recordings with changed names and addresses; where it is about offerings, sizes too."""
    rename = _renamer({name for _area, calls in runs for name in _given_names(calls)})
    resize = _resized if runs[0][0] == OFFERINGS else lambda exchange: exchange
    return [
        (area, tuple(resize(_changed(exchange, lambda text: _readdress(rename(text)))) for exchange in calls))
        for area, calls in runs
    ]


def _given_names(calls: Iterable[Exchange]) -> set[str]:
    """Names that the client thought up: told in a successful making call, and nowhere in the server's own lists."""
    taken = {name.lower() for _kind, name in clean_start()}
    own_words, english = catalogue_text(), error_words()
    names = set()
    for exchange in calls:
        if not exchange.command.startswith(MAKING) or exchange.status != 200 or exchange.command in NOT_NAMES:
            continue
        for parameter, value in exchange.params.items():
            known = value.lower() in taken or value.lower() in english or f'"{value}"' in own_words
            if parameter.lower() in NAMING and WORD.fullmatch(value) and not known:
                names.add(value)
    return names


def _renamer(names: set[str]) -> Callable[[str], str]:
    """`vol1` becomes `vol1-z`, wherever it stands as a word: the order of names stays."""
    if not names:
        return lambda text: text
    any_name = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(
        rf"(?<![A-Za-z0-9_-])({any_name})(?![A-Za-z0-9_-]|\.[a-z])|(?<=PrjAcct-)({any_name})(?=-\d+$)"
        rf"|\b({any_name})(?=_(?:ROOT|DATA)|-\d{{4}}-\d\d-\d\dT|_)"
    )
    return lambda text: pattern.sub(lambda match: f"{match[0]}-z", text)


def _readdress(text: str) -> str:
    """Every address outside the clean zone's networks, moved to a network of the same kind."""

    def move(match: re.Match[str]) -> str:
        a, b, c, d = (int(part) for part in match.groups())
        if (a, b, c) in CLEAN_NETWORKS or max(a, b, c, d) > 255 or (d in (0,) and (a, b, c) == (0, 0, 0)):
            return match[0]
        if a == 10 and b < 200:
            return f"10.{b + 40}.{c}.{d}"
        if (a, b) == (192, 168) and c < 200:
            return f"192.168.{c + 40}.{d}"
        if a == 172 and 16 <= b < 24:
            return f"172.{b + 8}.{c}.{d}"
        return match[0]

    return ADDRESS.sub(move, text)


def _changed(exchange: Exchange, rewrite: Callable[[str], str]) -> Exchange:
    params = {name: rewrite(value) for name, value in exchange.params.items()}
    return dataclasses.replace(exchange, params=params, body=_rewritten(exchange.body, rewrite))


def _rewritten(value: Any, rewrite: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _rewritten(inner, rewrite) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rewritten(inner, rewrite) for inner in value]
    return rewrite(value) if isinstance(value, str) else value


def _resized(exchange: Exchange) -> Exchange:
    """Offerings made with other sizes; refused calls stay, they are about the limits of sizes."""
    if exchange.status != 200:
        return exchange
    params = {
        name: str(int(value) + SIZES[name]) if name in SIZES and value.isdigit() else value
        for name, value in exchange.params.items()
    }
    return dataclasses.replace(exchange, params=params, body=_enlarged(exchange.body))


def _enlarged(value: Any) -> Any:
    if isinstance(value, dict):
        own = "id" in value and value["id"] not in clean_start().values()
        return {
            key: inner + SIZES[key]
            if own and key in SIZES and isinstance(inner, int) and inner > 0
            else _enlarged(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_enlarged(inner) for inner in value]
    return value
