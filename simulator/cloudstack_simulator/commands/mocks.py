"""configureSimulator and its like: answers of hosts that are set up to fail or to be slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..call import Call
from ..errors import ServerApiError
from ..registry import SUCCESS, command
from ..tables import Row, entity

if TYPE_CHECKING:
    from ..simulator import Simulator


@entity("simulator_mocks", indexes=("name",))
class Mock(Row):
    """How hosts answer an agent command (`StartCommand` …) the next `count` times."""

    name: str
    value: str
    zone_id: int | None = None
    pod_id: int | None = None
    cluster_id: int | None = None
    host_id: int | None = None
    count: int | None = None
    """None: every time."""
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    wait: float = 0.0
    """Seconds until the answer."""
    failed: bool = False


PLAIN = Effect()


def effect(sim: Simulator, name: str, host: Any = None, zone_id: int | None = None) -> Effect:
    """What happens to an agent command that is sent now; uses up one of the mock's times."""
    for mock in reversed(sim.db.simulator_mocks.where(name=name)):
        if mock.count == 0 or not _applies(mock, host, zone_id):
            continue
        if mock.count is not None:
            mock.count -= 1
        return _parse(mock.value)
    return PLAIN


def _applies(mock: Mock, host: Any, zone_id: int | None) -> bool:
    place = {
        "zone_id": getattr(host, "zone_id", zone_id),
        "pod_id": getattr(host, "pod_id", None),
        "cluster_id": getattr(host, "cluster_id", None),
        "host_id": getattr(host, "id", None),
    }
    return all(getattr(mock, field) in (None, number) for field, number in place.items())


def _parse(value: str) -> Effect:
    """`wait:3000`, `result:fail`, or both with `|` between them."""
    parts = dict(part.split(":", 1) for part in value.split("|") if ":" in part)
    wait = parts.get("wait", "0")
    return Effect(wait=int(wait) / 1000 if wait.isdigit() else 0.0, failed=parts.get("result") == "fail")


def mock_view(mock: Mock) -> dict[str, Any]:
    """Ids are internal numbers, and the object has no name: the server's key is the word `null`."""
    return {
        "null": {
            "id": mock.id,
            "zoneid": mock.zone_id,
            "podid": mock.pod_id,
            "clusterid": mock.cluster_id,
            "hostid": mock.host_id,
            "name": mock.name,
            "count": mock.count,
        }
    }


@command("configureSimulator")
def configure(call: Call) -> dict[str, Any]:
    p = call.params
    mock = call.db.simulator_mocks.add(
        Mock(
            name=p.name,
            value=p.value,
            zone_id=p.zoneid.id if p.zoneid else None,
            pod_id=p.podid.id if p.podid else None,
            cluster_id=p.clusterid.id if p.clusterid else None,
            host_id=p.hostid.id if p.hostid else None,
            count=p.count,
            answer=p.jsonresponse,
        )
    )
    return mock_view(mock)


@command("querySimulatorMock")
def query(call: Call) -> dict[str, Any]:
    mock = call.db.simulator_mocks.get(call.params.id)
    if mock is None or mock.removed is not None:
        raise ServerApiError(530, "Failed to query mock")
    return mock_view(mock)


@command("cleanupSimulatorMock")
def clean_up(call: Call) -> dict[str, Any]:
    mock = call.db.simulator_mocks.get(call.params.id)
    if mock is None or mock.removed is not None:
        raise ServerApiError(530, "Failed to cleanup mock")
    call.db.simulator_mocks.delete(mock)
    return SUCCESS
