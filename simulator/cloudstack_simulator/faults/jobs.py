"""What fault rules do to jobs."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..errors import ApiError, ServerApiError
from ..registry import COMMANDS, SUCCESS
from .rules import Rule

if TYPE_CHECKING:
    from ..call import Call
    from ..jobs import Jobs

LISTS = {
    "Account": ("listAccounts", "account"),
    "Cluster": ("listClusters", "cluster"),
    "DomainRouter": ("listRouters", "router"),
    "Host": ("listHosts", "host"),
    "IpAddress": ("listPublicIpAddresses", "ipaddress"),
    "Network": ("listNetworks", "network"),
    "Project": ("listProjects", "project"),
    "Snapshot": ("listSnapshots", "snapshot"),
    "StoragePool": ("listStoragePools", "storagepool"),
    "SystemVm": ("listSystemVms", "systemvm"),
    "VirtualMachine": ("listVirtualMachines", "virtualmachine"),
    "Volume": ("listVolumes", "volume"),
    "Vpc": ("listVPCs", "vpc"),
    "Zone": ("listZones", "zone"),
}
"""Instance type of a job → the list that shows the object, and the word that both list and result have for it."""


def interfere(rule: Rule, jobs: Jobs, call: Call) -> None:
    """Take a job over: its handler does not run (or, hanging for a while, runs later; or does no more than begin)."""
    if rule.do == "fail-job":
        jobs.fail(call, ServerApiError(rule.code, rule.text))
    elif rule.do == "stall-job":
        stall(rule, jobs, call)
    elif rule.do == "claim-success":
        jobs.succeed(call, unchanged(call))
    elif rule.seconds is not None:
        jobs.sim.scheduler.after(rule.seconds, jobs.run, call, COMMANDS[call.command])


def stall(rule: Rule, jobs: Jobs, call: Call) -> None:
    """The first step of a job, or all of it where it has but one, and then the rule's error or its own."""
    handler = COMMANDS[call.command].handler
    assert handler is not None
    failure: ApiError = ServerApiError(rule.code, rule.text)
    try:
        steps = handler(call)
        if inspect.isgenerator(steps):
            next(steps, None)
    except ApiError as error:
        failure = error
    jobs.fail(call, failure)


def unchanged(call: Call) -> dict[str, Any]:
    """The result that a job would have, with the object as it is; a plain success where there is none to show."""
    command, word = LISTS.get(call.job.instance_type or "", (None, ""))
    if command is not None and call.fact.response != "Success":
        _status, body = call.sim.act(command, id=call.job.instance, listall="true")
        found = next(iter(body.values())).get(word)
        if found:
            return {word: found[0]}
    return SUCCESS
