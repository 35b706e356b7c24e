# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit: which rules are run, what they found, and the report."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from ..client import InvalidInput
from . import capacity, guarding, keeping, running
from .facts import Facts
from .rule import SEVERITIES, Finding, Rule

RULES: dict[str, Rule] = {
    rule.id: rule for area in (capacity, running, keeping, guarding) for rule in area.RULES
}  # fmt: skip


@dataclass
class Answer:
    """What became of one rule. ``skipped`` says why it was not run, ``unread`` whether for want of what it needs."""

    rule: Rule
    findings: list[dict[str, Any]] = field(default_factory=list)
    skipped: str = ""
    unread: bool = False

    def as_dict(self) -> dict[str, Any]:
        state = "skipped" if self.skipped else "found" if self.findings else "ok"
        return {**self.rule.as_dict(), "state": state, "findings": len(self.findings), "reason": self.skipped}


def chosen(only: Iterable[str], without: Iterable[str]) -> list[Rule]:
    """The rules to run. Raises InvalidInput for a name that is no rule."""
    names = {"rules": list(only), "without": list(without)}
    for option, given in names.items():
        for name in given:
            if name not in RULES:
                close = difflib.get_close_matches(name, RULES, n=2)
                raise InvalidInput(
                    f"there is no rule {name!r}",
                    option=option,
                    remedy=f"did you mean {' or '.join(close)}?" if close else f"use one of {', '.join(RULES)}",
                )
    wanted = names["rules"] or list(RULES)
    return [rule for rule in RULES.values() if rule.id in wanted and rule.id not in names["without"]]


def audit(task: Any) -> dict[str, Any]:
    """The whole audit as data: findings from the worst on, counts, and what became of each rule."""
    rules = chosen(task.option("rules") or (), task.option("without") or ())
    facts = Facts(task)
    task.tell("reading the cloud")
    facts.read(name for rule in rules if not rule.applies(facts) for name in rule.needs)
    answers = [_answer(rule, facts) for rule in rules]
    findings = sorted(
        (found for answer in answers for found in answer.findings),
        key=lambda found: (SEVERITIES.index(found["severity"]), found["rule"], found["zone"], found["name"]),
    )
    counts = {severity: sum(found["severity"] == severity for found in findings) for severity in SEVERITIES}
    return {
        "at": facts.now.isoformat(timespec="seconds"),
        "endpoint": task.client.connection.endpoint,
        "objects": facts.objects,
        "counts": counts,
        "findings": findings,
        "rules": [answer.as_dict() for answer in answers],
        "unread": [answer.rule.id for answer in answers if answer.unread],
    }


def _answer(rule: Rule, facts: Facts) -> Answer:
    unread = [facts.missing[name] for name in rule.needs if name in facts.missing]
    why_not = rule.applies(facts)
    answer = Answer(rule, skipped=why_not or "; ".join(unread), unread=bool(unread) and not why_not)
    if not answer.skipped:
        answer.findings = [_told(rule, finding) for finding in rule.look(facts)]
    return answer


def _told(rule: Rule, finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "rule": rule.id, "severity": finding.severity or rule.severity, "remedy": rule.remedy}


def failing(result: dict[str, Any], fail_on: str) -> str:
    """The sentence of a failure, where something is as bad as ``fail_on`` or worse; else an empty text.

    A rule of that severity that could not be run is a failure too: nobody knows what it would have found.
    """
    if fail_on == "none":
        return ""
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    hits = [found for found in result["findings"] if found["severity"] in bad]
    if not hits:
        unknown = [rule_id for rule_id in result["unread"] if RULES[rule_id].severity in bad]
        return (
            f"nobody knows whether anything is {fail_on} or worse: the caller may not read what these rules need: "
            f"{', '.join(unknown)}. Use the keys of an administrator of the domain ROOT, or name the rules in without"
            if unknown
            else ""
        )
    first, are = hits[0], "findings are" if len(hits) > 1 else "finding is"
    return (
        f"{len(hits)} {are} {fail_on} or worse; the first: {first['kind']} {first['name']}: {first['evidence']} "
        f"({first['rule']})"
    )


def as_json(result: dict[str, Any]) -> str:
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"
