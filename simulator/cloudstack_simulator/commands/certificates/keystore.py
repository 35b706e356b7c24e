"""uploadCustomCertificate: the certificate that system VMs serve, and its chain."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.appliances import SECONDARY_STORAGE_VM, CertificateSet, KeystoreEntry
from ...registry import command
from . import pem

if TYPE_CHECKING:
    from ...simulator import Simulator

SERVER = "CPVMCertificate"
"""The name under which the server certificate is kept."""
DONE = (
    "Certificate has been successfully updated, if its the server certificate we would reboot all running console "
    "proxy VMs and secondary storage VMs to propagate the new certificate, please give a few minutes for console "
    "access and storage services service to be up and working again"
)


@command("uploadCustomCertificate")
def upload(call: Call) -> Generator[float, None, Any]:
    p = call.params
    has_key = bool(p.privatekey)
    _check_form(call, has_key=has_key)
    _check_content(call, has_key=has_key)
    if has_key:
        yield 0.1
        _store(call.sim, SERVER, key=p.privatekey, sequence=None, certificate=p.certificate, suffix=p.domainsuffix)
        call.sim.scheduler.after(0.1, refresh_storage_vms, call.sim)
    else:
        _store(call.sim, p.name, key=None, sequence=p.id, certificate=p.certificate, suffix=p.domainsuffix)
    make_set(call.sim)
    call.event("UPLOAD.CUSTOM.CERTIFICATE", "Successfully completed uploading custom certificate")
    return {"customcertificate": {"message": DONE}}


def _check_form(call: Call, *, has_key: bool) -> None:
    p = call.params
    if has_key and p.name:
        raise InvalidParameter("Can't change the alias for private key certification")
    if has_key:
        return
    if not p.name:
        raise InvalidParameter("alias can't be empty, if it's a certification chain")
    if p.id is None:
        raise InvalidParameter("index can't be empty, if it's a certification chain")


def _check_content(call: Call, *, has_key: bool) -> None:
    """A readable certificate, with a readable RSA key; whether they belong together is nobody's concern here."""
    p = call.params
    readable = pem.certificate(p.certificate) is not None
    if has_key and not (readable and pem.rsa_key(p.privatekey) is not None):
        raise InvalidParameter(
            "Failed to pass certificate validation check with error: Certificate validation failed due to exception "
            f"for domain: {p.domainsuffix}"
        )
    if not readable:
        raise InvalidParameter(
            "Failed to pass certificate validation check with error: Certificate validation failed due to exception: "
            "Could not parse certificate: java.io.IOException: Empty input"
        )


def _store(sim: Simulator, name: str, *, key: str | None, sequence: int | None, certificate: str, suffix: str) -> None:
    entry = sim.db.keystore.first(name=name)
    if entry is None:
        entry = sim.db.keystore.add(KeystoreEntry(name=name, certificate=certificate, domain_suffix=suffix))
    entry.certificate, entry.domain_suffix, entry.key, entry.sequence = certificate, suffix, key, sequence


def make_set(sim: Simulator) -> None:
    """Put together what system VMs are given from now on: the server certificate and the chain of its suffix."""
    server = sim.db.keystore.first(name=SERVER)
    if server is None or server.key is None:
        return
    members = [e for e in sim.db.keystore.where(domain_suffix=server.domain_suffix) if e.sequence is not None]
    members.sort(key=lambda entry: -(entry.sequence or 0))
    chain = "\n".join(text.certificate.strip() for text in (server, *members)) + "\n"
    key, cert = pem.rsa_key(server.key), pem.certificate(server.certificate)
    if key is None or cert is None:
        return
    sim.db.certificate_sets.add(
        CertificateSet(chain=chain, key=pem.key_as_text(key), usable=pem.belong_together(cert.public_key(), key))
    )


def current_set(sim: Simulator) -> CertificateSet | None:
    """The newest set: what a VM that starts now takes."""
    rows = list(sim.db.certificate_sets)
    return rows[-1] if rows else None


def is_wanted(sim: Simulator, vm: Any) -> bool:
    """Whether the settings let a system VM that boots now take the uploaded certificate."""
    setting = "secstorage.encrypt.copy" if vm.vm_type == SECONDARY_STORAGE_VM else "consoleproxy.sslEnabled"
    return bool(sim.settings.value(setting, sim.db.zones.get(vm.zone_id)))


def refresh_storage_vms(sim: Simulator) -> None:
    """A new server certificate reboots the running secondary storage VMs.

    Console proxies keep the old one until somebody recreates them: so the recorded 4.22 server, whatever it says.
    """
    from ..appliances import system_vms

    for vm in sim.db.vms.where(vm_type=SECONDARY_STORAGE_VM, state="Running"):
        system_vms.reboot_now(sim, vm)
