# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rule of the audit, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .facts import Facts

SEVERITIES = ("critical", "high", "medium", "low")
"""From the worst to the mildest."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    kind, name, id, zone: the object, in the field's words. evidence: what was seen, with its figures.
    severity: where it is not the rule's own.
    """

    kind: str
    name: str
    evidence: str
    id: str = ""
    zone: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Rule:
    """One question to the cloud.

    id: as users write it in ``rules`` and ``without``. needs: lists that it reads (facts.SOURCES).
    why: what happens if nothing is done. remedy: what to do. modules: those of the collection that do it.
    applies: whether it was asked for, by the options; a rule that needs something told is not run otherwise.
    """

    id: str
    title: str
    severity: str
    why: str
    remedy: str
    look: Callable[[Facts], Iterable[Finding]]
    needs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    applies: Callable[[Facts], str] = field(default=lambda _facts: "")

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id, "title": self.title, "severity": self.severity, "why": self.why, "remedy": self.remedy,
            "modules": [f"cloudstack.ops.{name}" for name in self.modules],
        }  # fmt: skip
