"""Every recording of a real server, replayed in order against a fresh simulator."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from replaying.recordings import areas
from replaying.replay import Outcome, Replay

GOAL = 0.98
KNOWN = Path(__file__).parent / "known"
HERE = areas()


@cache
def outcomes(area: str, *, renamed: bool = False) -> tuple[Outcome, ...]:
    return tuple(Replay(area, renamed=renamed).run())


def share_of(replayed: tuple[Outcome, ...]) -> float:
    return sum(o.ok for o in replayed) / len(replayed)


def known_differences(area: str) -> dict[int, str]:
    """{number of the call: reason} of known/<area>.txt; a line is `17 listThings: why it cannot be equal`."""
    path = KNOWN / f"{area}.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {int(line.split()[0]): line.partition(":")[2].strip() for line in lines if line and not line.startswith("#")}


@pytest.mark.skipif(not HERE, reason="the recordings are not here: ../shared/cloudstack/recordings")
@pytest.mark.parametrize("area", HERE)
def test_answers_are_the_recorded_ones(area: str, record_property: pytest.RecordProperty) -> None:
    replayed = outcomes(area)
    bad = [o for o in replayed if not o.ok]
    share = share_of(replayed)
    record_property("share", f"{share:.1%} of {len(replayed)} calls")
    known = known_differences(area)
    new = [
        f"#{o.exchange.number} {o.exchange.command}: {o.differences[0]}" for o in bad if o.exchange.number not in known
    ]
    assert share >= GOAL, f"{area}: {share:.1%} equal\n" + "\n".join(new[:20])
    assert not new, f"{area}: differences without a reason in known/{area}.txt\n" + "\n".join(new)


@pytest.mark.skipif(not HERE, reason="the recordings are not here: ../shared/cloudstack/recordings")
@pytest.mark.parametrize("area", HERE)
def test_known_differences_are_still_there(area: str) -> None:
    equal = {o.exchange.number for o in outcomes(area) if o.ok}
    assert not equal & known_differences(area).keys(), "these are equal now: take them off the list"


@pytest.mark.skipif(not HERE, reason="the recordings are not here: ../shared/cloudstack/recordings")
@pytest.mark.parametrize("area", HERE)
def test_other_names_sizes_and_addresses_change_nothing_else(area: str) -> None:
    plain, renamed = outcomes(area), outcomes(area, renamed=True)
    newly_bad = [
        f"#{b.exchange.number} {b.exchange.command}: {b.differences[0]}"
        for a, b in zip(plain, renamed, strict=True)
        if a.ok and not b.ok
    ]
    assert share_of(renamed) >= share_of(plain) - 0.01, "\n".join(newly_bad)
