# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit as one HTML page: it needs nothing from the network, and can be read without its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .page_parts import PAGE, SCRIPT, STYLE
from .rule import SEVERITIES

MOST = 500
"""Rows of one rule; the rest is in the JSON report."""
SIGNS = {"critical": "▲▲", "high": "▲", "medium": "◆", "low": "●"}
"""A shape besides the colour, for those who do not tell colours apart."""


def page(result: Mapping[str, Any]) -> str:
    """The whole page of an audit's result (see run.audit)."""
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for found in result["findings"]:
        by_rule.setdefault(found["rule"], []).append(found)
    rules = {rule["id"]: rule for rule in result["rules"]}
    total = len(result["findings"])
    return PAGE.format(
        style=STYLE,
        script=SCRIPT,
        verdict=escape(_verdict(result["counts"], total)),
        about=escape(
            f"{result['endpoint']} · {result['at'].replace('T', ' ')} · {result['objects']:,} objects · "
            f"{sum(rule['state'] != 'skipped' for rule in result['rules'])} rules"
        ),
        sums="".join(_sum(severity, result["counts"][severity]) for severity in SEVERITIES),
        options="".join(
            f'<option value="{escape(name)}">{escape(rules[name]["title"])} ({len(found)})</option>'
            for name, found in by_rule.items()
        ),
        sections="".join(_section(rules[name], found) for name, found in by_rule.items()),
        none="" if total else '<p class="fine">Nothing was found.</p>',
        rules="".join(_rule(rule) for rule in result["rules"]),
    )


def _verdict(counts: Mapping[str, int], total: int) -> str:
    if not total:
        return "All is well"
    worst = next(severity for severity in SEVERITIES if counts[severity])
    things = "finding" if total == 1 else "findings"
    return (
        f"{total} {things}, {counts[worst]} of them {worst}" if counts[worst] != total else f"{total} {worst} {things}"
    )


def _sum(severity: str, number: int) -> str:
    return (
        f'<li><button type="button" class="{severity}" data-severity="{severity}" aria-pressed="false">'
        f'<span class="sign" aria-hidden="true">{SIGNS[severity]}</span><b>{number}</b> {severity}</button></li>'
    )


def _badge(severity: str) -> str:
    return f'<span class="badge {severity}"><span aria-hidden="true">{SIGNS[severity]} </span>{severity}</span>'


def _section(rule: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> str:
    modules = " ".join(f"<code>{escape(name)}</code>" for name in rule["modules"])
    rows = "".join(_row(one) for one in found[:MOST])
    more = f'<p class="more">{len(found) - MOST} more are in the JSON report.</p>' if len(found) > MOST else ""
    return (
        f'<section class="rule {found[0]["severity"]}" data-rule="{escape(rule["id"])}" id="{escape(rule["id"])}">'
        f'<h3>{escape(rule["title"])} <span class="number">{len(found)}</span></h3>'
        f'<p class="why">{escape(rule["why"])}</p>'
        f'<p class="remedy"><b>Remedy</b> {escape(rule["remedy"])} {modules}</p>'
        '<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{escape(rule["title"])}"><table>'
        '<thead><tr><th scope="col">Severity</th><th scope="col">Object</th><th scope="col">Zone</th>'
        f'<th scope="col">What was seen</th></tr></thead><tbody>{rows}</tbody></table></div>{more}</section>'
    )


def _row(found: Mapping[str, Any]) -> str:
    ident = f' title="{escape(found["id"])}"' if found["id"] else ""
    return (
        f'<tr data-severity="{found["severity"]}"><td>{_badge(found["severity"])}</td>'
        f'<th scope="row"{ident}><span class="kind">{escape(found["kind"])}</span> {escape(found["name"])}</th>'
        f"<td>{escape(found['zone'])}</td><td>{escape(found['evidence'])}</td></tr>"
    )


def _rule(rule: Mapping[str, Any]) -> str:
    state = rule["state"]
    if state == "found":
        told = f'<a href="#{escape(rule["id"])}">{rule["findings"]} found</a>'
    else:
        told = "fine" if state == "ok" else f"not run: {escape(rule['reason'])}"
    sign = {"ok": "✓", "found": "!", "skipped": "–"}[state]
    return (
        f'<li class="{state}"><span class="sign" aria-hidden="true">{sign}</span><span>{escape(rule["title"])} '
        f'<code>{escape(rule["id"])}</code><br><span class="told">{told}</span></span></li>'
    )
