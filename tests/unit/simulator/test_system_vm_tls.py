"""What probes see of system VMs: a real handshake with what each of them serves."""

from __future__ import annotations

import json
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator
from cloudstack_simulator.simulator import Simulator

DOMAIN = "sys.example"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Authority:
    """A root, an intermediate and a server certificate."""

    def __init__(self) -> None:
        root, middle, self.key = new_key(), new_key(), new_key()
        self.root = _signed("Root", root, "Root", root, authority=True)
        self.intermediate = _signed("Middle", middle, "Root", root, authority=True)
        self.server = _signed(f"*.{DOMAIN}", self.key, "Middle", middle, authority=False)

    def upload(self, running: RunningSimulator, *, key: rsa.RSAPrivateKey | None = None) -> None:
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        private = (key or self.key).private_bytes(*form).decode()
        for params in (
            {"certificate": pem(self.root), "id": 1, "name": "root"},
            {"certificate": pem(self.intermediate), "id": 2, "name": "intermediate"},
            {"certificate": pem(self.server), "privatekey": private},
        ):
            assert running.sim.call("uploadCustomCertificate", domainsuffix=DOMAIN, **params)[0] == 200


def _signed(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, *, authority: bool
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(named(issuer), named(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def pem(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def addresses(running: RunningSimulator) -> dict[str, Any]:
    """{type: address on the loopback}."""
    with urllib.request.urlopen(f"{running.url}/simulator/system-vms", timeout=30) as answer:
        content = json.load(answer)
    there = {vm["publicip"]: vm["address"] for vm in content["systemvm"]}
    assert there.items() <= content["addresses"].items()
    # Where the next ones will be is known beforehand.
    assert len(content["addresses"]) >= len(there) + 2
    return {vm["systemvmtype"]: vm["address"] for vm in content["systemvm"]}


def served(running: RunningSimulator, kind: str) -> x509.Certificate | None:
    """The certificate that a type of system VM serves; None where nobody speaks TLS."""
    address = addresses(running).get(kind)
    if address is None:
        return None
    host, port = address.split(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, int(port)), timeout=30) as plain, context.wrap_socket(plain) as wrapped:
            return x509.load_der_x509_certificate(wrapped.getpeercert(binary_form=True) or b"")
    except OSError:
        return None


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def set_up(running: RunningSimulator) -> None:
    for name, value in {"secstorage.encrypt.copy": "true", "consoleproxy.sslEnabled": "true"}.items():
        assert running.sim.call("updateConfiguration", name=name, value=value)[0] == 200


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def running(cloudstack_simulator_factory: Callable[..., RunningSimulator]) -> RunningSimulator:
    return cloudstack_simulator_factory(zone="sandbox", seed=1, clock=RunningClock(60), system_vm_tls=True)


@pytest.fixture
def unwatched() -> Iterator[RunningSimulator]:
    """The same without the scan that twice a second, here, starts system VMs that are stopped."""
    sim = Simulator(zone="sandbox", seed=1, clock=RunningClock(60))
    sim.settings.set("secstorage.capacityscan.interval", 10**9)
    sim.advance(60)
    with RunningSimulator(sim, system_vm_tls=True) as found:
        yield found


def test_before_any_upload_only_the_storage_vm_speaks_tls(running: RunningSimulator) -> None:
    own = served(running, "secondarystoragevm")
    assert own is not None and own.issuer == own.subject
    assert served(running, "consoleproxy") is None


def test_an_upload_reaches_storage_vms_at_once_and_console_proxies_when_made_again(
    running: RunningSimulator, authority: Authority
) -> None:
    set_up(running)
    authority.upload(running)
    wait_for(lambda: served(running, "secondarystoragevm") == authority.server)
    assert served(running, "consoleproxy") is None
    (proxy,) = running.sim.db.vms.where(vm_type="ConsoleProxy")
    running.sim.call("destroySystemVm", id=proxy.uuid)
    wait_for(lambda: served(running, "consoleproxy") == authority.server)
    (fresh,) = running.sim.db.vms.where(vm_type="ConsoleProxy")
    assert fresh.uuid != proxy.uuid and fresh.name != proxy.name


def test_what_is_served_is_the_chain(running: RunningSimulator, authority: Authority) -> None:
    set_up(running)
    authority.upload(running)
    wait_for(lambda: served(running, "secondarystoragevm") == authority.server)
    host, port = addresses(running)["secondarystoragevm"].split(":")
    context = ssl.create_default_context(cadata=pem(authority.root))
    context.check_hostname = False
    with socket.create_connection((host, int(port)), timeout=30) as plain, context.wrap_socket(plain) as wrapped:
        wrapped.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wrapped.recv(100).startswith(b"HTTP/1.1 404")


def test_without_the_settings_the_upload_is_not_used(running: RunningSimulator, authority: Authority) -> None:
    before = served(running, "secondarystoragevm")
    (vm,) = running.sim.db.vms.where(vm_type="SecondaryStorageVm")
    booted = vm.updated
    authority.upload(running)
    wait_for(lambda: vm.updated > booted and served(running, "secondarystoragevm") is not None)
    assert served(running, "secondarystoragevm") == before


def test_a_key_of_another_certificate_silences_the_vm(running: RunningSimulator, authority: Authority) -> None:
    set_up(running)
    authority.upload(running, key=new_key())
    (vm,) = running.sim.db.vms.where(vm_type="SecondaryStorageVm")
    wait_for(lambda: vm.certificate_set is not None and served(running, "secondarystoragevm") is None)
    time.sleep(0.3)
    assert served(running, "secondarystoragevm") is None


def test_a_stopped_vm_refuses_and_comes_back_on_the_same_port(unwatched: RunningSimulator) -> None:
    where = addresses(unwatched)["secondarystoragevm"]
    (vm,) = unwatched.sim.db.vms.where(vm_type="SecondaryStorageVm")
    unwatched.sim.call("stopSystemVm", id=vm.uuid)
    wait_for(lambda: vm.state == "Stopped" and served(unwatched, "secondarystoragevm") is None)
    unwatched.sim.call("startSystemVm", id=vm.uuid)
    wait_for(lambda: served(unwatched, "secondarystoragevm") is not None)
    assert addresses(unwatched)["secondarystoragevm"] == where


def test_without_the_option_there_are_no_addresses(
    cloudstack_simulator_factory: Callable[..., RunningSimulator],
) -> None:
    plain = cloudstack_simulator_factory(zone="sandbox", seed=1)
    with urllib.request.urlopen(f"{plain.url}/simulator/system-vms", timeout=30) as answer:
        content = json.load(answer)
    assert content["addresses"] == {}
    assert [vm["address"] for vm in content["systemvm"]] == [None, None]
