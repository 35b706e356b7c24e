"""One call of one command: what a handler gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import access, listing
from .contract import CommandFact
from .errors import InvalidParameter
from .model.operations import Event
from .parameters import Parameters
from .tables import Database, Row

if TYPE_CHECKING:
    from .simulator import Simulator


@dataclass(slots=True)
class Caller:
    """Who calls: rows of user, account, domain and role."""

    user: Any
    account: Any
    domain: Any
    role: Any

    @property
    def is_root_admin(self) -> bool:
        return self.account.account_type == 1

    @property
    def is_domain_admin(self) -> bool:
        return self.account.account_type == 2


class Call:
    """A call in progress.

    `sim` the simulator, `db` its tables, `params` typed parameters, `caller`, `created` the row that the
    allocation made, `job` the job's row (inside a job).
    """

    __slots__ = ("caller", "created", "db", "fact", "job", "method", "params", "shared", "sim")

    def __init__(self, sim: Simulator, fact: CommandFact, caller: Caller, params: Parameters) -> None:
        self.sim = sim
        self.db: Database = sim.db
        self.fact = fact
        self.caller = caller
        self.params = params
        self.created: Any = None
        self.job: Any = None
        self.method = "POST"
        """The verb of the request: what comes by GET may be no longer than an address."""
        self.shared: dict[Any, Any] | None = None
        """Parts that several views of one page have in common; there while a page is made."""

    @property
    def command(self) -> str:
        return self.fact.name

    @property
    def now(self) -> float:
        return self.sim.clock.now()

    def once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """A part that the views of one page have in common, made for the first of them. Not to be changed."""
        if self.shared is None:
            return make()
        found = self.shared.get(key)
        if found is None:
            found = self.shared[key] = make()
        return found

    def setting(self, name: str, scope: Row | None = None) -> Any:
        """The typed value of a setting, looked up from the row's scope outwards (zone, account, cluster …)."""
        return self.sim.settings.value(name, scope)

    def event(self, kind: str, text: str, resource: Row | None = None, **more: Any) -> Event:
        """Write an event of this call (`kind` as in listEventTypes)."""
        return self.sim.events.write(kind, text, self.caller, resource, **more)

    def listing(
        self,
        name: str,
        rows: Iterable[Any],
        view: Callable[[Call, Any], dict[str, Any]],
        *,
        where: Iterable[listing.Filter | None] = (),
        keyword: Iterable[str] = (),
        owned: bool = False,
        sort: Callable[[Any], Any] | None = None,
        newest_first: bool = False,
    ) -> dict[str, Any]:
        """The answer of a list command; see `listing.answer`."""
        return listing.answer(
            self, name, rows, view, where=where, keyword=keyword, owned=owned, sort=sort, newest_first=newest_first
        )

    def owner(self) -> Any:
        """The account that shall own what this call makes (`account`+`domainid`, `projectid`, else the caller)."""
        return access.owner(self)

    def check_domain(self, domain: Any) -> None:
        """Refuse (531) a domain that the caller does not reach."""
        access.check_domain(self.caller, domain, self.db)

    def check_access(self, row: Any) -> None:
        """Refuse (531) when the caller may not touch a row with `account_id`."""
        access.check(self.caller, row, self.db)


def live(row: Any, text: str, error: type[Exception] = InvalidParameter) -> Any:
    """The row itself when it is there and not removed; else the error, `{id}` in `text` being its internal number."""
    if row is None or row.removed is not None:
        raise error(text.format(id=getattr(row, "id", "null"), uuid=getattr(row, "uuid", None) or "null"))
    return row
