"""How many calls an account may make in a while (`api.throttling.*`). Root admins may make any number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import ServerApiError

if TYPE_CHECKING:
    from .call import Caller
    from .simulator import Simulator


class TooManyCalls(ServerApiError):  # noqa: N818 - the others are named as those of the server
    def __init__(self, milliseconds: int) -> None:
        text = "The given user has reached his/her account api limit, please retry after "
        super().__init__(429, f"{text}[{milliseconds}] ms.")


@dataclass(slots=True)
class Count:
    calls: int
    ends: float


class RateLimit:
    """Counts by account. The settings are read when a server starts."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._counts: dict[int, Count] = {}
        self.read()

    def read(self) -> None:
        value = self.sim.settings.value
        self.enabled = bool(value("api.throttling.enabled"))
        self.seconds, self.maximum = int(value("api.throttling.interval")), int(value("api.throttling.max"))
        self._counts.clear()

    def check(self, caller: Caller) -> None:
        """Count a call; refuse it (429) when it is one too many."""
        if not self.enabled or caller.is_root_admin:
            return
        count = self._count(caller.account.id) or self.reset(caller.account.id)
        count.calls += 1
        if count.calls > self.maximum:
            raise TooManyCalls(self._left(count))

    def reset(self, account_id: int) -> Count:
        count = self._counts[account_id] = Count(0, self.sim.clock.now() + self.seconds)
        return count

    def reset_all(self) -> None:
        self._counts.clear()

    def view(self, account: Any) -> dict[str, Any]:
        """What is left for an account."""
        count = self._count(account.id)
        return {
            "accountid": account.uuid,
            "account": account.name,
            "apiIssued": count.calls if count else 0,
            "apiAllowed": self.maximum - (count.calls if count else 0),
            "expireAfter": self._left(count) if count else self.seconds,
        }

    def _count(self, account_id: int) -> Count | None:
        found = self._counts.get(account_id)
        return found if found is not None and found.ends > self.sim.clock.now() else None

    def _left(self, count: Count) -> int:
        return max(0, round((count.ends - self.sim.clock.now()) * 1000))
