"""From a request to an answer, with the checks in the server's order."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from . import contract, custom_ids, envelope, listing, permissions, registry, sessions
from .call import Call, Caller
from .contract import CommandFact
from .errors import (
    ApiError,
    InvalidParameter,
    NotModelled,
    PostNeeded,
    ServerApiError,
    Unauthorized,
    UnavailableCommand,
)
from .farm import takes_jobs
from .parameters import UUID, Typing, refuse_control_characters, unpack
from .reply import Reply, error_reply

if TYPE_CHECKING:
    from .simulator import Simulator

NO_CREDENTIALS = "unable to verify user credentials and/or request signature"
GOING_DOWN = "Maintenance or Shutdown has been initiated on this management server. Can not accept new jobs"
HIDDEN_TEXT = "Internal error executing command, please contact your system administrator"


class Dispatcher:
    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def request(self, params: dict[str, str], method: str, cookies: dict[str, str]) -> Reply:
        """A request from the network: find out who calls, then run it."""
        command = params.get("command")
        if command in ("login", "logout"):
            reply = sessions.answer(self.sim, params, method, cookies)
        elif method == "GET" and command and self.sim.enforces_post and not contract.may_use_get(command):
            reply = error_reply(envelope.name_of(command), PostNeeded(command))
        else:
            session = self.sim.auth.session(cookies.get("JSESSIONID"))
            if session is not None:
                execute = functools.partial(self.run, method=method)
                reply = sessions.run(self.sim, session, params, cookies, execute)
            else:
                caller = self.sim.auth.by_key(params) if command in contract.commands() else None
                if caller is None:
                    name = envelope.name_of(command) if command in contract.commands() else "errorresponse"
                    reply = self.unauthorized("null" if command is None else name)
                else:
                    reply = self.run(params, caller, method=method)
        if params.get("response") != "json" and isinstance(reply.body, dict):
            xml = envelope.to_xml(reply.body, versioned=reply.status != 401)
            reply = Reply(reply.status, xml, "text/xml; charset=UTF-8", reply.headers, reply.cookies)
        return reply

    @staticmethod
    def unauthorized(name: str, text: str = NO_CREDENTIALS) -> Reply:
        return error_reply(name, Unauthorized(text))

    def run(
        self, params: dict[str, str], caller: Caller, user_in_text: str | None = None, *, method: str = "POST"
    ) -> Reply:
        """Run a request of a known caller."""
        command = params.get("command") or ""
        name = envelope.name_of(command)
        try:
            refuse_control_characters(params)
            fact = self._allowed(command, caller, user_in_text)
            content = self._execute(fact, caller, params, method)
        except UnavailableCommand as error:
            return error_reply("errorresponse", error)
        except ApiError as error:
            return error_reply(name, self._for_caller(error, caller))
        except Exception as error:  # noqa: BLE001 - hostile input never takes the server down
            return error_reply(name, ApiError(self.sim.unexpected(command, error)))
        return Reply(200, {envelope.success_name(command): content})

    def _allowed(self, command: str, caller: Caller, user_in_text: str | None) -> CommandFact:
        fact = contract.commands().get(command)
        if fact is None and caller.is_root_admin:
            raise UnavailableCommand(f"Unknown API command: {command}")
        if fact is None or not permissions.is_allowed(self.sim, caller, command):
            user = user_in_text or self.sim.ids.uuid()
            raise UnavailableCommand(
                f"The API [{command}] does not exist or is not available for the account for user id [{user}]."
            )
        self.sim.rate_limit.check(caller)
        return fact

    def _execute(self, fact: CommandFact, caller: Caller, params: dict[str, str], method: str) -> Any:
        if fact.is_async and not takes_jobs(self.sim):
            raise ServerApiError(503, GOING_DOWN)
        raw = unpack({k: v for k, v in params.items() if k not in ("command", "response")})
        typed = Typing(fact, self.sim.db, caller.is_root_admin).apply(raw)
        call = Call(self.sim, fact, caller, typed)
        call.method = method
        if "pagesize" in fact.params:
            listing.check_page(call)
        entry = registry.COMMANDS.get(fact.name)
        if entry is None or entry.handler is None:
            raise NotModelled(fact.name)
        for parameter in entry.guarded:
            row = typed[parameter]
            if row and row.removed is None:
                call.check_access(row)
        if not fact.is_async:
            custom_ids.check_change(call)
            return envelope.lean(entry.handler(call))
        return self._submit(call, entry, raw)

    def _submit(self, call: Call, entry: registry.Registered, raw: dict[str, Any]) -> dict[str, Any]:
        wanted = raw.get("customjobid") or raw.get("injectedjobid")
        if wanted is not None and (not UUID.fullmatch(wanted) or self.sim.db.jobs.find(wanted)):
            raise InvalidParameter("Invalid injected job id, it must be a UUID that no job has")
        if entry.check is not None:
            entry.check(call)
        if entry.allocate is not None:
            call.created = entry.allocate(call)
        job = self.sim.jobs.submit(call, entry, wanted)
        answer = {"jobid": job.uuid}
        if call.created is not None:
            answer["id"] = getattr(call.created, "uuid", call.created)
        return answer

    @staticmethod
    def _for_caller(error: ApiError, caller: Caller) -> ApiError:
        """What others than root admins may read: inner errors lose their text; not what a command words itself."""
        generic = error.code in (530, 533, 534) and not isinstance(error, (ServerApiError, NotModelled))
        if generic and not caller.is_root_admin:
            error.text = HIDDEN_TEXT
        return error
