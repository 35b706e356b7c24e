"""Jobs: their records, their order, their errors."""

from __future__ import annotations

from typing import Any

from cloudstack_simulator import Simulator


def poll(sim: Simulator, job: str, caller: Any = None) -> dict[str, Any]:
    return sim.call("queryAsyncJobResult", caller, jobid=job)[1]["queryasyncjobresultresponse"]


def disable(sim: Simulator, account: Any) -> str:
    return sim.call("disableAccount", id=account.uuid, lock=True)[1]["disableaccountresponse"]["jobid"]


def test_a_job_runs_and_ends(sim: Simulator, people: dict[str, Any]) -> None:
    job = disable(sim, people["ann"].account)
    running = poll(sim, job)
    assert (running["jobstatus"], running["jobresultcode"], "completed" in running) == (0, 0, False)
    assert people["ann"].account.state == "enabled"
    sim.settle()
    done = poll(sim, job)
    assert (done["jobstatus"], done["jobresult"]["account"]["state"]) == (1, "locked")
    assert done["jobinstanceid"] == people["ann"].account.uuid
    assert "managementserverid" not in done


def test_an_object_shows_the_job_that_is_at_it(sim: Simulator, people: dict[str, Any]) -> None:
    account = people["ann"].account

    def row() -> dict[str, Any]:
        return sim.call("listAccounts", id=account.uuid)[1]["listaccountsresponse"]["account"][0]

    job = disable(sim, account)
    assert (row()["jobid"], row()["jobstatus"]) == (job, 0)
    sim.settle()
    assert "jobid" not in row()


def test_a_failed_job_has_code_and_text(sim: Simulator, people: dict[str, Any]) -> None:
    domain = people["ann"].domain
    job = sim.call("deleteDomain", id=domain.uuid)[1]["deletedomainresponse"]["jobid"]
    sim.settle()
    done = poll(sim, job)
    assert (done["jobstatus"], done["jobresultcode"], done["jobresult"]["errorcode"]) == (2, 530, 530)
    assert done["jobresult"]["errortext"].startswith("Delete failed on domain")


def test_jobs_on_one_object_run_one_behind_the_other(sim: Simulator, people: dict[str, Any]) -> None:
    first = sim.call("deleteDomain", id=people["eve"].domain.uuid)[1]["deletedomainresponse"]["jobid"]
    second = sim.call("deleteDomain", id=people["eve"].domain.uuid, cleanup=True)[1]["deletedomainresponse"]["jobid"]
    third = sim.call("deleteDomain", id=people["eve"].domain.uuid)[1]["deletedomainresponse"]["jobid"]
    sim.settle()
    assert [poll(sim, job)["jobresultcode"] for job in (first, second, third)] == [530, 0, 431]


def test_a_caller_may_choose_the_id_of_a_job_once(sim: Simulator, people: dict[str, Any]) -> None:
    wanted = "12345678-1234-4234-8234-123456789012"
    account = people["ann"].account.uuid
    status, body = sim.call("disableAccount", id=account, lock=True, customjobid=wanted)
    assert (status, body["disableaccountresponse"]["jobid"]) == (200, wanted)
    assert sim.call("disableAccount", id=account, lock=True, customjobid=wanted)[0] == 431


def test_jobs_of_others_are_not_shown(sim: Simulator, people: dict[str, Any]) -> None:
    job = disable(sim, people["bob"].account)
    status, _body = sim.call("queryAsyncJobResult", people["ann"], jobid=job)
    assert status == 531
    assert sim.call("listAsyncJobs")[1]["listasyncjobsresponse"]["count"] == 1
    sim.settle()
    assert sim.call("listAsyncJobs")[1]["listasyncjobsresponse"] == {}


def test_running_jobs_are_listed_by_their_server(sim: Simulator, people: dict[str, Any]) -> None:
    disable(sim, people["ann"].account)
    server = sim.db.management_servers.first().uuid
    for given in ({}, {"managementserverid": server}, {"keyword": "DisableAccount"}):
        body = sim.call("listAsyncJobs", listall=True, **given)[1]["listasyncjobsresponse"]
        assert [job["managementserverid"] for job in body["asyncjobs"]] == [server]
    assert sim.call("listAsyncJobs", listall=True, startdate="2030-01-01")[1]["listasyncjobsresponse"] == {}
