"""All fault rules of one simulator: asked before and after each command, and when a job starts."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from .. import envelope
from ..errors import ServerApiError
from ..reply import Reply, error_reply, no_server
from .conditions import CONDITIONS, Taken
from .jobs import interfere
from .rules import CLOUD, JOB, LIFE, FaultError, Rule, parse, parse_rule

if TYPE_CHECKING:
    from ..call import Call
    from ..jobs import Jobs
    from ..simulator import Simulator

CREDENTIALS = frozenset({"apikey", "signature", "sessionkey", "response", "command", "signatureversion", "expires"})
AFTER = ("lose-answer", "slow")


class FaultBook:
    """`rules` in the order of their document. `race(params)` sends a request once more, as somebody else would."""

    def __init__(self, sim: Simulator, race: Callable[[dict[str, str]], None]) -> None:
        self.sim = sim
        self.seed = 0
        self.rules: list[Rule] = []
        self._race = race
        self._taken: dict[str, Taken] = {}
        self._late: list[Rule] = []
        self.version = 0
        """Grows with every change of the rules."""

    def use(self, document: Any) -> None:
        """Replace all rules by those of a document; raises FaultError and changes nothing when it is wrong."""
        seed, rules = parse(document)
        self.version += 1
        self.clear()
        self.seed, self.rules = seed, rules
        for rule in rules:
            self._stand(rule)

    def add(self, entry: Any) -> Rule:
        """One more rule, behind the others."""
        rule = parse_rule(entry, len(self.rules) + 1, self.seed)
        if self.find(rule.name) is not None:
            raise FaultError(f"there is a rule {rule.name!r} already; remove it first or choose another name")
        self.version += 1
        self.rules.append(rule)
        self._stand(rule)
        return rule

    def clear(self) -> None:
        for rule in list(self.rules):
            self.remove(rule)

    def remove(self, rule: Rule) -> None:
        self.switch(rule, on=False)
        self.rules.remove(rule)

    def switch(self, rule: Rule, *, on: bool) -> None:
        """Switch a rule on or off; a condition that it brought about ends with it."""
        self.version += 1
        rule.enabled = on
        if on:
            self._stand(rule)
        else:
            self.end_condition(rule.name)

    def find(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def view(self) -> dict[str, Any]:
        """Seed and rules; `active` tells whether a rule's condition holds now."""
        return {"seed": self.seed, "rules": [{**r.view(), "active": r.name in self._taken} for r in self.rules]}

    def save(self) -> dict[str, Any]:
        """Rules with their counts, and what conditions have taken."""
        rules = [{k: v for k, v in rule.view().items() if v is not None} for rule in self.rules]
        return {"seed": self.seed, "rules": rules, "taken": self._taken}

    def load(self, saved: dict[str, Any]) -> None:
        """Go on where `save` left off, in a cloud as it was then."""
        self.seed, self.rules = saved["seed"], []
        for position, entry in enumerate(saved["rules"], 1):
            seen, fired = entry.pop("seen"), entry.pop("fired")
            rule = parse_rule(entry, position, self.seed)
            rule.go_on(seen, fired)
            self.rules.append(rule)
        self._taken = saved["taken"]

    def before(self, command: str, params: dict[str, str]) -> Reply | None:
        """An answer instead of running the command (503, closed connection, error), or None."""
        self._late = []
        if not self.rules:
            return None
        words, answer = self._words(params), None
        for rule in self.rules:
            if rule.kind.place in (JOB, LIFE) or not rule.meets(command, words):
                continue
            if rule.kind.place == CLOUD:
                self._begin_condition(rule)
            elif rule.do == "race":
                self._race(params)
            elif rule.do in AFTER:
                self._late.append(rule)
            elif answer is None:
                answer = _answer(rule, command)
        return answer

    def after(self, reply: Reply) -> Reply:
        """The answer as the caller gets it (lost, late, or as it is)."""
        for rule in self._late:
            if rule.do == "lose-answer":
                reply.drop = True
            else:
                reply.delay += rule.seconds or 0.0
        return reply

    def job(self, jobs: Jobs, call: Call) -> bool:
        """Whether a rule took the job over, so that its handler must not run now."""
        if not self.rules:
            return False
        words = self._words(call.params.raw)
        met = [rule for rule in self.rules if rule.kind.place == JOB and rule.meets(call.command, words)]
        if met:
            interfere(met[0], jobs, call)
        return bool(met)

    def strikes(self, do: str, name: str) -> bool:
        """Whether a rule of this kind hits the object that something happens to."""
        hits = [rule.meets("", (name,)) for rule in self.rules if rule.do == do]
        return any(hits)

    def _words(self, params: dict[str, Any]) -> list[str]:
        """What `object` is compared with: the values of a call, and the names of what it names by id."""
        words = [v for k, v in params.items() if isinstance(v, str) and k.lower() not in CREDENTIALS]
        for value in list(words):
            if len(value) == 36:
                rows = (table.find(value) for table in self.sim.db.tables.values())
                words += [row.name for row in rows if row is not None and isinstance(getattr(row, "name", None), str)]
        return words

    def _stand(self, rule: Rule) -> None:
        if rule.enabled and rule.is_standing:
            rule.fired += 1
            self._begin_condition(rule)

    def _begin_condition(self, rule: Rule) -> None:
        if rule.name in self._taken:
            return
        self._taken[rule.name] = CONDITIONS[rule.do][0](self.sim, rule.where)
        if rule.seconds is not None:
            self.sim.scheduler.after(rule.seconds, end_condition, self.sim, rule.name)

    def appeared(self, do: str, row: Any) -> None:
        """A condition that holds takes what is new as well, where its rule names it."""
        for rule in self.rules:
            if rule.do == do and rule.name in self._taken and fnmatchcase(row.name.lower(), rule.where.lower()):
                self._taken[rule.name] += CONDITIONS[do][0](self.sim, row.name)

    def end_condition(self, name: str) -> None:
        """Take back what a rule's condition took."""
        rule, taken = self.find(name), self._taken.pop(name, None)
        if rule is not None and taken is not None:
            CONDITIONS[rule.do][1](self.sim, taken)


def end_condition(sim: Simulator, name: str) -> None:
    """The time of a condition is over."""
    sim.faults.end_condition(name)


def _answer(rule: Rule, command: str) -> Reply:
    if rule.do == "unavailable":
        return no_server()
    if rule.do == "reset":
        return Reply(0, "", drop=True)
    return error_reply(envelope.name_of(command), ServerApiError(rule.code, rule.text))
