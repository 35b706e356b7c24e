"""What happens on the wire: connections, TLS, proxies, forks; and whether a request can have arrived."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    Client,
    CloudStackError,
    ConnectFailed,
    Connection,
    InvalidInput,
    LostAnswer,
    SystemClock,
    TimedOut,
    TlsFailed,
    WrongEndpoint,
    shared_context,
)
from ansible_collections.cloudstack.ops.plugins.module_utils.client import tls as tls_module
from ansible_collections.cloudstack.ops.plugins.module_utils.client.signing import signature
from ansible_collections.cloudstack.ops.plugins.module_utils.client.transport import REST_LIMIT
from ansible_collections.cloudstack.ops.tests.unit.client.certificates import self_signed
from ansible_collections.cloudstack.ops.tests.unit.client.scripted import KEY, SECRET, Reply, Server, ok

ZONES = ok("listZones", count=1, zone=[{"id": "z1", "name": "frankfurt"}])
CHANGE = ("createVolume", {"name": "data1"})


@pytest.fixture
def tls_server(tmp_path):
    """Makes TLS servers: (server, path of the certificate to trust)."""
    servers = []

    def make(**about):
        context, certificate = self_signed(tmp_path, **about)
        servers.append(Server(context))
        servers[-1].answer = lambda request: ZONES
        return servers[-1], certificate

    yield make
    for server in servers:
        server.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_post_has_everything_in_the_body(server, client):
    server.script(("listZones", ZONES))
    client.call("listZones", {"name": "Zürich & *~", "available": True})
    request = server.requests[0]
    assert (request.method, request.path, request.query) == ("POST", "/client/api", {})
    assert request.body["name"] == "Zürich & *~"
    assert request.body["available"] == "true"
    assert request.body["response"] == "json"
    assert SECRET not in request.raw


def test_get_is_used_where_asked_for_and_safe(server, make_client):
    client = make_client(method="get")
    server.script(("listZones", ZONES), ("createUser", ok("createUser")), ("listZones", ZONES))
    client.call("listZones", {"name": "z"})
    client.call("createUser", {"username": "u", "password": "hunter22"})
    client.call("listZones", {"keyword": "x" * 2000})
    assert [r.method for r in server.requests] == ["GET", "POST", "POST"]
    assert server.requests[0].query["name"] == "z"
    assert "hunter22" not in server.requests[1].path + str(server.requests[1].query)


def test_a_redirect_is_not_followed(server, client):
    server.script(("createVolume", Reply("", 301, {"Location": server.url + "/"})))
    with pytest.raises(WrongEndpoint, match="redirect to http://"):
        client.call(*CHANGE)


def test_cookies_of_others_are_not_carried_along(server, client):
    server.answer = lambda request: Reply(ZONES.body, headers={"Set-Cookie": "JSESSIONID=stranger; Path=/"})
    client.call("listZones")
    client.call("listZones")
    assert ["Cookie" in request.headers for request in server.requests] == [False, False]


@pytest.mark.parametrize("method", ["get", "post"])
def test_values_arrive_as_they_are_and_as_they_were_signed(server, make_client, method):
    server.answer = lambda request: ZONES
    values = {"name": "a b+c&d=e%f;g~*'()!", "keyword": "ü漢字😀\nend", "tags[0].Key": '<>"\\', "empty": ""}
    make_client(method=method).call("listZones", values)
    params = server.requests[0].params
    assert {name: params[name] for name in values} == values
    assert params["signature"] == signature(params, SECRET)


def test_connections_are_kept_and_given_up_after_a_rest(server, client, clock):
    server.answer = lambda request: ZONES
    client.call("listZones")
    client.call("listZones")
    clock.advance(REST_LIMIT + 1)
    client.call("listZones")
    first, second, third = (request.port for request in server.requests)
    assert first == second != third


def test_a_connection_that_the_server_closed_is_not_used_for_a_change(server, client):
    server.script(("listZones", Reply(ZONES.body, close=True)), (CHANGE[0], ok(CHANGE[0], id="v")))
    client.call("listZones")
    assert server.closed.wait(5)
    assert client.call(*CHANGE) == {"id": "v"}


def test_calls_side_by_side_have_connections_of_their_own(server, client):
    together = threading.Barrier(3, timeout=10)

    def answer(request):
        together.wait()
        return ok("listZones", count=1, zone=[{"id": request.params["name"]}])

    server.script(("listCapabilities", ok("listCapabilities")))
    client.call("listCapabilities")
    server.answer = answer
    found = client.parallel([lambda n=n: client.call("listZones", {"name": n})["zone"][0]["id"] for n in "abc"])
    assert found == ["a", "b", "c"]
    assert len({request.port for request in server.requests if request.command == "listZones"}) == 3


def test_environment_is_not_trusted(server, client, monkeypatch, tmp_path):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login joe password hunter22\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    server.script(("listZones", ZONES))
    client.call("listZones")
    assert "Authorization" not in server.requests[0].headers


def test_proxy_is_used_when_given(server, make_client):
    # A plain HTTP proxy is asked for the whole URL; the scripted server takes that path as it comes.
    server.script(("listZones", ZONES))
    client = make_client(url="http://cloud.example.com/client/api", proxy=server.url.removesuffix("/client/api"))
    client.call("listZones")
    assert server.requests[0].raw.startswith("http://cloud.example.com/client/api")


def test_refused_proxy_is_named(clock):
    proxy = f"http://joe:hunter22@127.0.0.1:{free_port()}"
    connection = Connection("https://cloud.example.com/x", KEY, SECRET, proxy=proxy, retries=0)
    with Client(connection, clock) as client, pytest.raises(ConnectFailed, match=r"refused.*proxy") as caught:
        client.call("listZones")
    assert "hunter22" not in str(caught.value.as_dict())


def test_a_refused_connection_is_tried_again_even_for_a_change(clock):
    connection = Connection(f"http://127.0.0.1:{free_port()}/client/api", KEY, SECRET, retries=2)
    with Client(connection, clock) as client, pytest.raises(ConnectFailed, match="connection refused") as caught:
        client.call(*CHANGE, obj="volume data1")
    assert len(clock.slept) == 2
    assert str(caught.value).startswith("createVolume (volume data1): no connection to 127.0.0.1:")
    assert "Check that the management server runs" in str(caught.value)


def test_an_unknown_host_is_not_tried_again(clock, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    connection = Connection("http://cloud.invalid/client/api", KEY, SECRET)
    with Client(connection, clock) as client, pytest.raises(ConnectFailed, match="the name cannot be resolved"):
        client.call("listZones")
    assert clock.slept == []


def test_a_server_that_speaks_something_else_gets_a_hint(clock):
    def speak():
        speaker, _address = listener.accept()
        with speaker:
            speaker.recv(65536)
            speaker.sendall(b"\x15\x03\x01 no HTTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        connection = Connection(f"http://127.0.0.1:{listener.getsockname()[1]}/", KEY, SECRET, retries=0)
        with Client(connection, clock) as client, pytest.raises(ConnectFailed, match="must begin with https"):
            client.call("listZones")
        thread.join(5)


def test_nothing_answers_at_the_address(clock, monkeypatch):
    def silent(*args):
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", silent)
    connection = Connection("http://127.0.0.1:9/client/api", KEY, SECRET, timeout=(3, 9), retries=0)
    with Client(connection, clock) as client, pytest.raises(ConnectFailed, match="nothing answered within 3 seconds"):
        client.call(*CHANGE)


def test_slow_server(server, make_client):
    release = threading.Event()
    server.script(("listZones", Reply({}, wait=release)), ("createVolume", Reply({}, wait=release)))
    client = make_client(timeout=(5, 0.2))
    try:
        with pytest.raises(TimedOut, match="Raise api_timeout"):
            client.call("listZones")
        with pytest.raises(LostAnswer, match=r"no answer came in time.*look at the object before repeating") as caught:
            client.call(*CHANGE)
        assert caught.value.as_dict()["kind"] == "LostAnswer"
    finally:
        release.set()


def test_trusted_authority(tls_server, clock):
    server, certificate = tls_server()
    with Client(Connection(server.url, KEY, SECRET, ca_file=certificate), clock) as client:
        assert client.list("listZones") == [{"id": "z1", "name": "frankfurt"}]


def test_no_verification_where_asked_for(tls_server, clock):
    server, _certificate = tls_server(address="192.0.2.1")
    with Client(Connection(server.url, KEY, SECRET, verify=False), clock) as client:
        assert len(client.list("listZones")) == 1


@pytest.mark.parametrize(
    ("about", "trust", "why", "remedy"),
    [
        ({}, False, "self-signed certificate", "as ca_file"),
        ({"address": "192.0.2.1"}, True, "IP address mismatch", "use a name that the certificate carries"),
        ({"days": -1}, True, "certificate has expired", "renew the server's certificate"),
    ],
)
def test_tls_failures_say_why_and_send_nothing(tls_server, clock, about, trust, why, remedy):
    server, certificate = tls_server(**about)
    connection = Connection(server.url, KEY, SECRET, ca_file=certificate if trust else None)
    with Client(connection, clock) as client, pytest.raises(TlsFailed, match=why) as caught:
        client.call(*CHANGE)
    assert remedy in str(caught.value).replace("Use a", "use a").replace("Renew", "renew")
    assert server.requests == []
    assert clock.slept == []


def test_tls_to_a_plain_port(server, clock):
    connection = Connection(server.url.replace("http", "https"), KEY, SECRET)
    with Client(connection, clock) as client, pytest.raises(TlsFailed, match="plain HTTP"):
        client.call(*CHANGE)


def test_context_is_made_once_and_not_loaded_again(tls_server, clock, monkeypatch):
    server, certificate = tls_server()
    assert shared_context() is shared_context(True) is shared_context(verify=True, ca_file=None)
    context = shared_context(True, certificate)
    loads = []
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *a, **k: loads.append(a))
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *a, **k: loads.append(a))
    with Client(Connection(server.url, KEY, SECRET, ca_file=certificate), clock) as client:
        client.call("listZones")
    assert loads == []
    assert context.verify_mode == ssl.CERT_REQUIRED


def test_unusable_ca_file(tmp_path):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for file, why in ((empty, "holds no certificate"), (tmp_path / "none.pem", "No such file")):
        with pytest.raises(InvalidInput, match=why):
            Client(Connection("https://h/client/api", KEY, SECRET, ca_file=str(file)))


def test_authorities_of_a_python_that_has_none(monkeypatch):
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: SimpleNamespace(cafile=None, capath=None))
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *args: None)
    assert tls_module._made_once.__wrapped__(True, None).cert_store_stats()["x509_ca"] > 50


def test_libraries_that_are_too_old(monkeypatch):
    monkeypatch.setattr("urllib3.__version__", "1.26.20")
    with pytest.raises(CloudStackError, match=r"urllib3 is too old \(1.26.20\). Install a newer one"):
        Client(Connection("http://h/client/api", KEY, SECRET))


def test_requests_not_installed():
    """The package can be imported without it, and says what to install when it is used."""
    program = """
import sys
sys.modules.update(dict.fromkeys(("requests", "requests.adapters", "urllib3", "urllib3.exceptions", "certifi")))
from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, CloudStackError, Connection
try:
    Client(Connection("https://h/client/api", "k", "s"))
except CloudStackError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == (
        "the Python library requests is not installed. Install it for the Python that runs this: pip install requests"
    )


def test_a_forked_child_has_connections_of_its_own(server, client):
    server.answer = lambda request: ZONES
    client.call("listZones")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            client.call("listZones")
            client.close()
            status = 0
        finally:
            os._exit(status)
    deadline = time.monotonic() + 20
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        assert time.monotonic() < deadline, "the child hangs"
        time.sleep(0.01)
    assert ended[1] == 0
    client.call("listZones")
    parent, forked, again = (request.port for request in server.requests)
    assert parent == again != forked


def test_system_clock():
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(-1)
    clock.sleep(0.001)
    assert clock.monotonic() - before >= 0.001
    assert clock.now().utcoffset().total_seconds() == 0
