"""Commands that the server runs in the name of an account, as part of another one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..call import Call
from ..errors import CloudRuntime


def run(call: Call, account_id: int, command: str, **params: Any) -> Generator[float, None, dict[str, Any]]:
    """Run it and wait for its job: its answer. Its refusal is one of the whole."""
    sim = call.sim
    given = {name: value for name, value in params.items() if value is not None}
    status, body = sim.act(command, sim.system_for(sim.db.accounts[account_id]), **given)
    (content,) = body.values()
    if status != 200:
        raise CloudRuntime(content.get("errortext"))
    job = sim.db.jobs.find(content["jobid"]) if "jobid" in content else None
    if job is None:
        return content
    while job.status == 0:
        yield 0.1
    if job.status != 1:
        raise CloudRuntime(job.result.get("errortext"))
    return {**content, **job.result}
