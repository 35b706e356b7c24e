# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hooks of a resource see of the reconciliation they are part of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..client import CloudStackError, InvalidInput
from ..model import Resource, Row
from .answers import PlannedId
from .view import View


@dataclass
class Context:
    """One object being reconciled.

    ``given`` holds only what the user gave, by option name, in plain Python types; the values that ``state`` stands
    for are merged into it. ``state`` is the state asked for. ``check`` forbids every changing call.
    """

    resource: Resource
    given: dict[str, Any]
    view: View
    state: str = "present"
    id: str = ""
    check: bool = False
    immutable_drift: str = "fail"
    #: Whoever reconciles many objects reads new ones back together, if nothing is known to be left to do about them.
    confirm_later: bool = False
    warnings: list[str] = field(default_factory=list)
    progress: Callable[[str], None] | None = None

    @property
    def client(self) -> Any:
        return self.view.client

    @property
    def name(self) -> str:
        """The object as people call it, for messages: ``cluster c1``."""
        called = self.given.get(self.resource.identity[0]) or self.id or "(unnamed)"
        return f"{self.resource.noun} {called}"

    def find(self, kind: str, value: str, scope: Mapping[str, Any] | None = None) -> Row:
        """The one object of a kind by name or id, narrowed by the given zone, domain ... unless ``scope`` is told."""
        return self.view.find(kind, value, self.given if scope is None else scope)

    def ref(self, option: str) -> Row:
        """The object that a given option refers to. An option not given is an error that names it."""
        value = self.given.get(option)
        if value is None:
            raise InvalidInput(
                f"{self.name}: {option} is needed here", option=option, obj=self.name, remedy=f"give {option}"
            )
        described = self.resource.option(option)
        try:
            return self.find(described.refers_to, value, {k: v for k, v in self.given.items() if k != option})
        except CloudStackError as error:
            error.message = f"{self.name}: {option}: {error.message}"
            raise

    def ref_id(self, option: str) -> str:
        """Id of the object that a given option refers to; a PlannedId where it is still to be made."""
        found = self.ref(option)["id"]
        return found if isinstance(found, str) else str(found)

    @staticmethod
    def is_planned(object_id: str) -> bool:
        """Whether an id only stands in for that of an object still to be made."""
        return isinstance(object_id, PlannedId)

    def afresh(self, object_id: str = "") -> Context:
        """The same wish with a view that asks the server anew about this kind; by id, if one is told."""
        return replace(self, view=self.view.fresh(self.resource), id=object_id or self.id)

    def change(self, command: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Sends a changing call, waits for its job, returns the answer's content. Never in check mode."""
        if self.check:
            raise AssertionError(f"{command} was about to be sent in check mode")
        if any(isinstance(value, PlannedId) for value in params.values()):
            raise AssertionError(f"{command} was about to be sent for an object that does not exist yet")
        return self.client.run(command, dict(params), obj=self.name)

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def tell(self, text: str) -> None:
        """Live progress, where there is somebody to see it."""
        if self.progress:
            self.progress(f"{self.name}: {text}")
