"""The usage server's day: its heartbeat, its job at `usage.stats.job.exec.time`, and jobs that somebody orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..model.usage import UsageRecord, UsageServer
from .spans import Span, forget, spans

if TYPE_CHECKING:
    from ..simulator import Simulator

FIRST_BEAT, BEAT_EVERY = 15.0, 60.0
DAILY, HOURLY = 1440, 60


def begin(sim: Simulator) -> None:
    """Let a usage server run beside the management servers, if none does."""
    if not len(sim.db.usage_servers):
        server = sim.db.usage_servers.add(UsageServer())
        _start(sim, server)
        sim.scheduler.after(FIRST_BEAT, beat, sim, server)


def break_down(server: UsageServer) -> None:
    """Its process is gone."""
    server.state, server.next_run = "Down", None


def come_back(sim: Simulator, server: UsageServer) -> None:
    """Its process starts again: it reads its settings, and the next job is that of the next due time."""
    server.state = "Up"
    _start(sim, server)


def restart(sim: Simulator) -> None:
    for server in sim.db.usage_servers.where(state="Up"):
        _start(sim, server)


def zone_of(sim: Simulator, setting: str) -> tzinfo:
    """The time zone of a setting; GMT when it is empty."""
    name = sim.settings.text(setting) or "GMT"
    return UTC if name in ("GMT", "UTC") else ZoneInfo(name)


def _start(sim: Simulator, server: UsageServer) -> None:
    """Read when the job is due. Settings that cannot be read keep the process from starting."""
    now = sim.clock.now()
    try:
        hour, minute = (int(part) for part in (sim.settings.text("usage.stats.job.exec.time") or "").split(":"))
        server.minutes = max(1, int(sim.settings.value("usage.stats.job.aggregation.range")))
        local = datetime.fromtimestamp(now, zone_of(sim, "usage.execution.timezone"))
        due = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        zone_of(sim, "usage.aggregation.timezone")
    except (ValueError, TypeError, KeyError):  # KeyError: an unknown time zone
        break_down(server)
        return
    if due.timestamp() < now:
        due += timedelta(days=1)
    server.next_run = due.timestamp()
    sim.scheduler.at(server.next_run, run_in_turn, sim, server, server.next_run)


def beat(sim: Simulator, server: UsageServer) -> None:
    """Say that it lives, do what was ordered, and make up for a job that was missed."""
    now = sim.clock.now()
    if server.state == "Up":
        server.heartbeat = now
        if server.ordered:
            server.ordered = False
            count(sim, server)
        period = server.minutes * 60
        late = server.counted_until is not None and now - server.counted_until > period
        if late and (server.next_run or now) - now > period / 2:
            count(sim, server)
    sim.scheduler.after(BEAT_EVERY, beat, sim, server)


def run_in_turn(sim: Simulator, server: UsageServer, due: float) -> None:
    if server.next_run != due:
        return
    count(sim, server)
    server.next_run = due + server.minutes * 60
    sim.scheduler.at(server.next_run, run_in_turn, sim, server, server.next_run)


def _period(sim: Simulator, server: UsageServer) -> tuple[float, float]:
    """What a job counts: the full day or hour before now, else the range up to now."""
    local = datetime.fromtimestamp(sim.clock.now(), zone_of(sim, "usage.aggregation.timezone"))
    if server.minutes == DAILY:
        end = local.replace(hour=0, minute=0, second=0, microsecond=0)
        start = (end - timedelta(days=1)).timestamp()
    elif server.minutes == HOURLY:
        end = local.replace(minute=0, second=0, microsecond=0)
        start = end.timestamp() - 3600
    else:
        end = local
        start = end.timestamp() - server.minutes * 60
    return start, end.timestamp()


def count(sim: Simulator, server: UsageServer) -> None:
    """One job: from where the latest one ended, range by range."""
    start, end = _period(sim, server)
    start = start if server.counted_until is None else server.counted_until
    if start >= end:
        return
    if sim.settings.value("enable.usage.server"):
        found = sorted(spans(sim), key=lambda s: (s.account_id, s.kind, s.resource_id, s.since))
        while start < end:
            stop = min(start + server.minutes * 60, end)
            _record(sim, found, start, stop)
            start = stop
    server.counted_until = end
    forget(sim, end)


def _record(sim: Simulator, found: list[Span], start: float, stop: float) -> None:
    """A record for each object that was used in a period; several spans of one object count together."""
    used: dict[tuple[int, int, int, bool], UsageRecord] = {}
    for span in found:
        hours = (min(span.until or stop, stop) - max(span.since, start)) / 3600
        if hours <= 0:
            continue
        key = (span.kind, span.account_id, span.resource_id, span.source_nat)
        if key in used:
            used[key].hours += hours
        else:
            used[key] = UsageRecord(
                kind=span.kind, account_id=span.account_id, zone_id=span.zone_id, resource_id=span.resource_id,
                start=start, end=stop, hours=hours, size=span.size, source_nat=span.source_nat,
            )  # fmt: skip
    for record in used.values():
        sim.db.usage_records.add(record)
