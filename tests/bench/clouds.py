"""Clouds of any size, half offerings and half tenants, and what to know about them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.graph import Graph, Step
from ansible_collections.cloudstack.ops.plugins.module_utils.cloud.nodes import parse
from ansible_collections.cloudstack.ops.plugins.module_utils.resources import RESOURCES

KINDS = ("disk_offerings", "compute_offerings", "domains", "accounts")


def entries() -> Iterator[tuple[str, dict[str, Any]]]:
    """Entries without end, the kinds in turn; each account lies in a domain of its own."""
    number = 0
    while True:
        path = f"ROOT/tenant{number:05}"
        yield "disk_offerings", {"name": f"disk{number:05}", "disk_size": number % 100 + 1, "storage_tags": ["ssd"]}
        yield "compute_offerings", {
            "name": f"size{number:05}", "cpu_number": number % 8 + 1, "cpu_speed": 1000,
            "memory": 512 * (number % 9 + 1), "offer_ha": number % 2 == 0, "storage_tags": ["ssd"],
        }  # fmt: skip
        yield "domains", {"path": path, "network_domain": f"tenant{number:05}.example.com"}
        yield "accounts", {
            "name": f"account{number:05}", "domain": path, "username": f"user{number:05}", "password": "of-the-user",
            "email": f"user{number:05}@example.com", "first_name": "User", "last_name": f"{number:05}",
        }  # fmt: skip
        number += 1


def cloud_of(count: int) -> dict[str, Any]:
    """A document with so many entries."""
    document: dict[str, Any] = {}
    for key, entry in islice(entries(), count):
        document.setdefault(key, []).append(entry)
    return document


def quickest(document: dict[str, Any], *, latency: float, workers: int) -> float:
    """Seconds that making the document takes at least, if every object is one call of ``latency`` seconds.

    The schedule of somebody who knows everything beforehand: who is free takes the object that most others wait for.
    """
    needs = Graph(parse(document, RESOURCES), RESOURCES).needs
    waiting = {step: len(first) for step, first in needs.items()}
    behind: dict[Step, list[Step]] = {}
    for step, first in needs.items():
        for other in first:
            behind.setdefault(other, []).append(step)
    ready = [step for step, count in waiting.items() if not count]
    rounds = 0
    while ready:
        rounds += 1
        ready.sort(key=lambda step: -len(behind.get(step, ())))
        done, ready = ready[:workers], ready[workers:]
        for step in done:
            for other in behind.get(step, ()):
                waiting[other] -= 1
                if not waiting[other]:
                    ready.append(other)
    return rounds * latency
