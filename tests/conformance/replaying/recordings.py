"""The recordings and what their clean start has in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[4] / "shared" / "cloudstack"
RECORDINGS = SHARED / "recordings"
JOB_POLL = "queryAsyncJobResult"
UUID_LENGTH = 36
RUNS = (
    ("snapshots", "snapshot_policies"),
    ("infrastructure", "ranges_and_dedication"),
    ("ops_monitoring", "ops_features"),
    ("protocol_basics", "protocol_session", "capabilities"),
    ("service_offerings", "system_offerings", "disk_offerings", "network_offerings", "vpc_offerings"),
    ("tenants_accounts", "tenants_roles", "tenants_projects_limits"),
)
"""Recordings that were made one after the other, without going back to the clean zone between them."""


@dataclass(frozen=True)
class Exchange:
    """One recorded call: `number` counts from 1 (the line after the header)."""

    number: int
    command: str
    method: str
    params: dict[str, str]
    status: int
    body: Any
    note: str
    truncated: bool

    @property
    def is_poll(self) -> bool:
        return self.command == JOB_POLL

    @property
    def content(self) -> Any:
        """What the envelope holds, or None when the answer is not an object."""
        return next(iter(self.body.values())) if isinstance(self.body, dict) and self.body else None


def areas() -> list[str]:
    return sorted(path.stem for path in RECORDINGS.glob("*.jsonl")) if RECORDINGS.is_dir() else []


def before(area: str) -> tuple[str, ...]:
    """The recordings that were made on the same zone before this one."""
    for run in RUNS:
        if area in run:
            return run[: run.index(area)]
    return ()


@cache
def load(area: str) -> tuple[Exchange, ...]:
    lines = (RECORDINGS / f"{area}.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    return tuple(_exchange(number, json.loads(line)) for number, line in enumerate(lines, 1))


def _exchange(number: int, line: dict[str, Any]) -> Exchange:
    return Exchange(
        number=number,
        command=line["command"],
        method=line["method"],
        params=line["params"],
        status=line["status"],
        body=line["body"],
        note=line.get("note", ""),
        truncated=bool(line.get("truncated")),
    )


def named_objects(value: Any, kind: str = "") -> Iterator[tuple[str, str, str]]:
    """(kind, name, id) of every object with an id and a name inside an answer; also `xid`/`xname` pairs."""
    if isinstance(value, list):
        for item in value:
            yield from named_objects(item, kind)
    if not isinstance(value, dict):
        return
    name = next((value[k] for k in ("name", "username", "description", "displaytext") if value.get(k)), None)
    if isinstance(value.get("id"), str) and name:
        yield kind, str(name), value["id"]
    for key, inner in value.items():
        if isinstance(inner, (dict, list)):
            yield from named_objects(inner, key)
        elif key.endswith("id") and len(key) > 2 and isinstance(inner, str):
            stem = key[:-2]
            label = value.get(stem + "name") or value.get(stem)
            if isinstance(label, str):
                yield stem, label, inner


def _made(exchange: Exchange) -> Iterator[str]:
    """Ids of what a call made."""
    content = exchange.content
    if exchange.status != 200 or not isinstance(content, dict):
        return
    if exchange.command.startswith(("create", "add", "register", "deploy", "import", "copy", "upload")):
        objects = [
            content,
            *content.values(),
            *(row for rows in content.values() if isinstance(rows, list) for row in rows),
        ]
        yield from (one["id"] for one in objects if isinstance(one, dict) and isinstance(one.get("id"), str))


@cache
def clean_start() -> dict[tuple[str, str], str]:
    """{(kind, name): recorded id} of what was there before any recording: ids that several of them share."""
    seen: dict[tuple[str, str], dict[str, set[str]]] = {}
    sources: dict[str, Any] = {area: [e.body for e in load(area)] for area in areas()}
    sources["catalogues"] = json.loads((SHARED / "catalogues.json").read_text(encoding="utf-8"))
    for source, content in sources.items():
        for kind, name, recorded in named_objects(content):
            seen.setdefault((kind, name), {}).setdefault(recorded, set()).add(source)
    found: dict[tuple[str, str], str] = {}
    made = {made for area in areas() for exchange in load(area) for made in _made(exchange)}
    for label, ids in seen.items():
        shared = [
            recorded
            for recorded, where in ids.items()
            if len(recorded) == UUID_LENGTH and recorded not in made and (len(where) > 1 or "catalogues" in where)
        ]
        if len(shared) == 1:
            found[label] = shared[0]
    return found


@cache
def catalogue_text() -> str:
    """The server's own lists as text."""
    return (SHARED / "catalogues.json").read_text(encoding="utf-8")


@cache
def error_words() -> frozenset[str]:
    """Words of the server's error texts, lower case."""
    return frozenset(re.findall(r"[a-z]+", (SHARED / "api_errors.md").read_text(encoding="utf-8").lower()))
