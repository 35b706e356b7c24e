"""Events and alerts: what actions leave behind for listEvents and listAlerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import registry
from .model.operations import Alert, Event

if TYPE_CHECKING:
    from .call import Caller
    from .simulator import Simulator
    from .tables import Row


class Events:
    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def write(
        self,
        kind: str,
        text: str,
        caller: Caller,
        resource: Row | None = None,
        *,
        level: str = "INFO",
        state: str = "Completed",
        resource_type: str | None = None,
        parent: Event | None = None,
        account_id: int | None = None,
    ) -> Event:
        """One event. `kind` as in listEventTypes; `resource_type` is the server's word (`VirtualMachine` …)."""
        event: Event = self.sim.db.events.add(
            Event(
                type=kind,
                level=level,
                description=text,
                user_id=caller.user.id,
                account_id=account_id or caller.account.id,
                state=state,
                parent=parent.uuid if parent else None,
                resource=resource.uuid if resource else None,
                resource_type=resource_type or (type(resource).__name__ if resource else None),
                resource_name=getattr(resource, "name", None),
            )
        )
        for step in registry.EVENT_STEPS:
            step(self.sim, event)
        return event

    def alert(self, type_number: int, name: str, text: str, *, zone: Any = None, pod: Any = None) -> Alert:
        """One alert (`name` and number as in listAlertTypes, e.g. 7, `ALERT.COMPUTE.HOST`)."""
        alert: Alert = self.sim.db.alerts.add(
            Alert(
                type=type_number,
                name=name,
                description=text,
                zone_id=zone.id if zone else None,
                pod_id=pod.id if pod else None,
            )
        )
        return alert
