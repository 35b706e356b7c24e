"""uploadCustomCertificate: checks, and who takes the new certificate at once."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.appliances import SECONDARY_STORAGE_VM
from ...registry import command
from ..appliances import system_vms
from . import keystore, pem

if TYPE_CHECKING:
    from ...simulator import Simulator

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
        keystore.store(
            call.sim, keystore.SERVER, key=p.privatekey, sequence=None, certificate=p.certificate, suffix=p.domainsuffix
        )
        call.sim.scheduler.after(0.1, _refresh_storage_vms, call.sim)
    else:
        keystore.store(call.sim, p.name, key=None, sequence=p.id, certificate=p.certificate, suffix=p.domainsuffix)
    keystore.make_set(call.sim)
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


def _refresh_storage_vms(sim: Simulator) -> None:
    """A new server certificate reboots the running secondary storage VMs.

    Console proxies keep the old one until somebody recreates them: so the recorded 4.22 server, whatever it says.
    """
    for vm in sim.db.vms.where(vm_type=SECONDARY_STORAGE_VM, state="Running"):
        system_vms.reboot_now(sim, vm)
