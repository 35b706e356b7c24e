"""Job records."""

from __future__ import annotations

from typing import Any

from ..access import may_use_account
from ..call import Call
from ..clock import timestamp
from ..errors import InvalidParameter, PermissionDenied
from ..farm import first_server
from ..listing import equal
from ..model.operations import Job
from ..model.tenants import account_text, domain_path
from ..registry import command


def job_view(call: Call, job: Job) -> dict[str, Any]:
    """A job as queryAsyncJobResult and listAsyncJobs show it."""
    db = call.db
    account = db.accounts[job.account_id]
    domain = db.domains[account.domain_id]
    view: dict[str, Any] = {
        "accountid": account.uuid,
        "account": account.name,
        "domainid": domain.uuid,
        "domainpath": domain_path(domain),
        "userid": db.users[job.user_id].uuid,
        "cmd": job.command,
        "jobprocstatus": 0,
        "jobresultcode": job.result_code,
        "jobinstancetype": job.instance_type,
        "jobinstanceid": job.instance,
        "created": timestamp(job.created),
        "jobid": job.uuid,
        "jobstatus": job.status,
    }
    if job.status == 0:
        server = db.management_servers.get(job.server_id) or first_server(call.sim)
        view |= {"managementserverid": server.uuid, "managementservername": server.name}
    else:
        view |= {"jobresulttype": "object", "jobresult": job.result, "completed": timestamp(job.completed)}
    return view


@command("queryAsyncJobResult")
def query_async_job_result(call: Call) -> dict[str, Any]:
    job = call.params.jobid
    if not job:
        raise InvalidParameter(f"could not find job {job.id}")
    if not may_use_account(call.caller, call.db.accounts[job.account_id], call.db):
        raise PermissionDenied(f"Account {account_text(call.caller.account)} is not authorized to see job id={job.id}")
    return job_view(call, job)


@command("listAsyncJobs")
def list_async_jobs(call: Call) -> dict[str, Any]:
    start, first = call.params.startdate, first_server(call.sim).id
    where = [equal(lambda job: job.server_id or first, call.params.managementserverid)]
    running = [j for j in call.db.jobs.where(status=0) if start is None or j.created >= start]
    return call.listing("asyncjobs", running, job_view, where=where, keyword=("command",), owned=True)
