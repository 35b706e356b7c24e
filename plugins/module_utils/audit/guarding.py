# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about safety: settings that are dangerous, and certificates that end soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..certificates import UnreachableError, look
from ..certificates.fleet import split_address
from ..model import Row
from .facts import Facts
from .rule import Finding, Rule


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


_DANGEROUS: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
    ("ca.plugin.root.auth.strictness", "high", lambda v: v == "false",
     "agents connect without a certificate, so anybody in that network can be one"),
    ("router.health.checks.failures.to.recreate.vr", "medium", bool,
     "a check that fails for another reason recreates routers again and again"),
    ("vm.ha.enabled", "medium", lambda v: v == "false", "no instance is restarted when its host fails"),
    ("alert.email.addresses", "medium", lambda v: not v, "nobody is told of alerts by mail"),
    ("alert.smtp.host", "medium", lambda v: not v, "alerts cannot be mailed"),
    ("host", "high", lambda v: v in ("localhost", "127.0.0.1"),
     "agents and system VMs look for the management server on themselves"),
    ("incorrect.login.attempts.allowed", "medium", lambda v: _number(v) <= 0, "passwords can be guessed without end"),
    ("expunge.delay", "medium", lambda v: 0 < _number(v) < 3600,
     "destroyed instances can be recovered for less than an hour"),
    ("storage.cleanup.enabled", "low", lambda v: v == "false", "deleted volumes and templates keep their room"),
    ("network.rolling.restart", "low", lambda v: v == "false",
     "a restart with cleanup cuts a network until its new router runs"),
    ("event.purge.delay", "low", lambda v: _number(v) <= 0, "events are kept for ever, and the database grows"),
)  # fmt: skip
"""Setting, severity, when it is dangerous, and why."""


def _port(facts: Facts) -> Iterator[Finding]:
    port = facts.setting("integration.api.port") or ""
    if _number(port) > 0:
        yield Finding("setting", "integration.api.port", f"port {port} takes every command without a key")


def _settings(facts: Facts) -> Iterator[Finding]:
    for name, severity, is_dangerous, why in _DANGEROUS:
        value = facts.setting(name)
        if value is not None and is_dangerous(value):
            yield Finding("setting", name, f"it is {value!r}: {why}", severity=severity)


def _certificates(facts: Facts) -> Iterator[Finding]:
    rows = [row for row in facts.rows("system_vms") if row.get("state") == "Running"]
    for row, (severity, seen) in zip(rows, facts.ask([partial(_looked_at, facts, row) for row in rows]), strict=True):
        if seen:
            yield Finding("system VM", row["name"], seen, row["id"], str(row.get("zonename", "")), severity)


def _looked_at(facts: Facts, row: Row) -> tuple[str, str]:
    """Severity and evidence; both empty where the certificate is good for long."""
    option: Any = facts.task.option
    field = {"public": "publicip", "private": "privateip"}[option("probe")]
    given = option("probe_addresses") or {}
    place = next((given[key] for key in (row["name"], row.get(field)) if key in given), None)
    host, port = split_address(place) if place else (str(row.get(field) or ""), 443)
    if not host:
        return "low", "it has no such address to look at"
    try:
        found = look(host, port, host).certificate
    except UnreachableError as error:
        if error.refused and row.get("systemvmtype") == "consoleproxy":
            # Without a certificate it listens for no TLS at all.
            return "low", "it speaks no TLS, so consoles are not encrypted"
        # What nobody could look at is as bad as what may be the matter there.
        return "", f"nobody knows which certificate it serves: {error.message}"
    if found is None:
        return "low", "it serves nothing that can be read"
    left = (found.not_valid_after_utc - facts.now).days
    if left < 0:
        return "critical", f"its certificate ended {-left} days ago"
    if left < facts.limit("certificate_days"):
        return "", f"its certificate ends in {left} days"
    return ("low", "it serves a self-signed certificate") if found.issuer == found.subject else ("", "")


RULES = (
    Rule(
        "integration-port", "The open port of the API", "critical",
        why="Whoever reaches the port is root admin, without any key.",
        remedy="Set integration.api.port to 0 and restart the management servers.", modules=("setting",),
        needs=("settings",), look=_port,
    ),
    Rule(
        "dangerous-setting", "Settings that are dangerous", "medium",
        why="They weaken the cloud, or hide what goes wrong in it.",
        remedy="Set them as data, and restart where the task says so.", modules=("setting",), needs=("settings",),
        look=_settings,
    ),
    Rule(
        "certificate", "Certificates of system VMs", "high",
        why="With an outdated certificate no console opens and uploads fail.",
        remedy="Renew the certificate and roll it out.",
        modules=("system_vm_certificate_rollout", "certificate_request"), needs=("system_vms",), look=_certificates,
        applies=lambda facts: "" if facts.task.option("probe") != "none" else "not asked for: give probe",
    ),
)  # fmt: skip
