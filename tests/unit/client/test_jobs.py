"""Jobs: started, waited for, failed, cancelled, lost, endless."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    ApiError,
    Client,
    Connection,
    Job,
    JobFailed,
    JobTimeout,
    LostAnswer,
    TlsFailed,
    Unauthorized,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.client.transport import NotSent
from ansible_collections.cloudstack.ops.tests.unit.client.scripted import Reply, job, ok, refused

POLL = "queryAsyncJobResult"
DEPLOY = ("deployVirtualMachine", ok("deployVirtualMachine", jobid="job-1", id="vm-1"))
PENDING = (POLL, job(0, jobresultcode=0))
DONE = (POLL, job(1, {"virtualmachine": {"id": "vm-1", "state": "Running"}}))
UNKNOWN = (
    "Unable to execute API command queryasyncjobresult due to invalid value. Invalid parameter jobid value=job-1 "
    "due to incorrect long value format, or entity does not exist"
)


def test_run_waits_for_the_job(server, client, clock):
    server.script(DEPLOY, PENDING, PENDING, DONE)
    assert client.run("deployVirtualMachine", {"name": "web1"}) == {
        "virtualmachine": {"id": "vm-1", "state": "Running"}
    }
    assert [r.params.get("jobid") for r in server.requests[1:]] == ["job-1"] * 3
    assert clock.slept == pytest.approx([0.05, 0.075, 0.1125])
    assert client.counters.polls == 3


def test_run_takes_an_answer_without_a_job_as_it_is(server, client):
    server.script(("updateZone", ok("updateZone", zone={"id": "z"})), ("deleteX", ok("deleteX")))
    assert client.run("updateZone") == {"zone": {"id": "z"}}
    assert client.run("deleteX") == {}


def test_start_tells_job_and_object(server, client):
    server.script(DEPLOY)
    started = client.start("deployVirtualMachine", obj="instance web1")
    assert started == Job("job-1", "deployVirtualMachine", "vm-1", "instance web1")


def test_asking_for_a_job_is_no_job_itself(server, client):
    server.script(DONE)
    assert client.run(POLL, {"jobid": "job-1"})["jobstatus"] == 1


def test_polling_slows_down_to_the_longest_pause(server, make_client, clock):
    client = make_client(poll_first=1, poll_max=4)
    server.script(*[PENDING] * 6, DONE)
    client.wait("job-1")
    assert clock.slept == [1, 1.5, 2.25, 3.375, 4, 4, 4]


@pytest.mark.parametrize(
    ("result", "found"),
    [(None, {}), ({"success": True}, {"success": True}), ("text", {"jobresult": "text"}), ({"null": {}}, {"null": {}})],
)
def test_odd_results_of_success(server, client, result, found):
    server.script((POLL, job(1, result)))
    assert client.wait("job-1") == found


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        (job(2, {"errorcode": 530, "errortext": "no host"}), 530, "the job failed: no host [code 530, job job-1]"),
        (job(2, {"errorcode": 431}, jobresultcode=431), 431, "the job failed and gave no reason [code 431, job job-1]"),
        (
            job(2, jobresultcode=530),
            530,
            "and gave no reason [code 530, job job-1]. Look for the job in the management",
        ),
        (job(2, "just text"), None, "the job failed: just text [job job-1]"),
        (job(2), None, "the job failed and gave no reason [job job-1]"),
        (job(3, {"errorcode": 530, "errortext": "timed out"}), 530, "the job was cancelled: timed out"),
        (job(3), None, "the job was cancelled and gave no reason"),
    ],
)
def test_a_failed_job_is_a_failure_with_or_without_a_reason(server, client, answer, code, sentence):
    server.script(DEPLOY, (POLL, answer))
    with pytest.raises(JobFailed) as caught:
        client.run("deployVirtualMachine", obj="instance web1")
    assert str(caught.value).startswith("deployVirtualMachine (instance web1): ")
    assert sentence in str(caught.value)
    assert (caught.value.code, caught.value.job_id) == (code, "job-1")


def test_a_failed_job_hides_the_secrets_of_the_call_that_started_it(server, client):
    server.script(
        ("updateHostPassword", ok("updateHostPassword", jobid="job-1")),
        (POLL, job(2, {"errortext": "ssh with hunter22 failed"})),
    )
    with pytest.raises(JobFailed) as caught:
        client.run("updateHostPassword", {"password": "hunter22"})
    assert "hunter22" not in f"{caught.value} {caught.value.as_dict()}"


@pytest.mark.parametrize(
    "trouble",
    [
        Reply("<html>", 503),
        Reply("<html>", 502),
        Reply("<html>", 200),
        Reply("", 429),
        Reply(cut=True),
        Reply({"queryasyncjobresultresponse": {}}, part=True),
        ok(POLL),
    ],
)
def test_polls_that_fail_are_repeated(server, client, trouble):
    server.script(DEPLOY, PENDING, *[(POLL, trouble)] * 8, PENDING, DONE)
    assert client.run("deployVirtualMachine")["virtualmachine"]["id"] == "vm-1"


def test_the_wait_ends_at_its_limit_with_the_way_to_wait_on(server, make_client, clock):
    client = make_client(job_timeout=10, poll_first=4, poll_max=4)
    server.script(DEPLOY, PENDING, PENDING, (POLL, Reply("<html>", 503)))
    with pytest.raises(JobTimeout) as caught:
        client.run("deployVirtualMachine", obj="instance web1")
    assert clock.monotonic() == pytest.approx(10)
    assert str(caught.value) == (
        "deployVirtualMachine (instance web1): job job-1 has not ended after 10 seconds; the last poll failed: the "
        "answer is a web page (HTTP 503): the management server or the proxy before it is not ready. It may still "
        "finish: wait for this job id before anything is repeated, or raise job_timeout"
    )
    assert caught.value.job_id == "job-1"


def test_a_limit_of_the_caller_goes_before(server, client, clock):
    server.script(PENDING)
    with pytest.raises(JobTimeout):
        client.wait("job-1", timeout=0.01)
    assert clock.monotonic() == pytest.approx(0.01)


def test_a_job_that_the_server_forgot_has_an_unknown_outcome(server, client):
    server.script(DEPLOY, (POLL, refused(POLL, 431, UNKNOWN, 9999)))
    with pytest.raises(LostAnswer, match="no longer knows the job") as caught:
        client.run("deployVirtualMachine")
    assert caught.value.job_id == "job-1"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(POLL, 531, "Account a is not authorized to see job id=1"), ApiError),
        (refused(POLL, 401, "unable to verify user credentials and/or request signature", None), Unauthorized),
        (refused(POLL, 530, "database is gone"), ApiError),
    ],
)
def test_an_answer_that_will_not_change_ends_the_wait(server, client, answer, kind):
    server.script(DEPLOY, (POLL, answer))
    with pytest.raises(kind) as caught:
        client.run("deployVirtualMachine", obj="instance web1")
    assert caught.value.job_id == "job-1"
    assert caught.value.obj == "instance web1"


def test_an_untrusted_certificate_ends_the_wait(clock):
    class Impostor:
        def send(self, method, fields, headers, read_timeout=None):
            raise NotSent(TlsFailed("TLS failed"), again=False)

    client = Client(Connection("https://h/client/api", "k", "s"), clock, Impostor())
    with pytest.raises(TlsFailed) as caught:
        client.wait("job-1")
    assert caught.value.job_id == "job-1"


def test_many_jobs_are_waited_for_together(server, client):
    left = {"a": 1, "b": 3, "c": 2, "d": 0}

    def answer(request):
        name = request.params["jobid"]
        left[name] -= 1
        if left[name] > 0:
            return job(0)
        return job(2, {"errortext": "no"}) if name == "c" else job(1, {"id": name})

    server.answer = answer
    seen = []
    jobs = [Job(name, "startX", obj=name) for name in "abcd"]
    jobs.insert(2, Job(None, "startX", result={"id": "done"}))
    found = client.wait_all(jobs, on_progress=lambda one, what: seen.append((one.obj, type(what))))
    assert [one if isinstance(one, dict) else type(one) for one in found] == [
        {"id": "a"},
        {"id": "b"},
        {"id": "done"},
        JobFailed,
        {"id": "d"},
    ]
    assert [name for name, _kind in seen] == [None, "a", "d", "c", "b"]
    assert client.wait_all([]) == []


def test_progress_is_told_now_and_then(server, make_client):
    told = []
    client = make_client(progress=told.append, poll_first=4, poll_max=4)
    server.script(*[PENDING] * 6, DONE)
    client.wait(Job("job-1", "startVirtualMachine", obj="instance web1"))
    assert told == ["instance web1: waiting for job job-1 for 12 s", "instance web1: waiting for job job-1 for 24 s"]
