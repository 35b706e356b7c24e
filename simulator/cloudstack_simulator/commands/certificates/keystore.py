"""The certificate that system VMs serve, and its chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.appliances import SECONDARY_STORAGE_VM, CertificateSet, KeystoreEntry
from . import pem

if TYPE_CHECKING:
    from ...simulator import Simulator

SERVER = "CPVMCertificate"
"""The name under which the server certificate is kept."""


def store(sim: Simulator, name: str, *, key: str | None, sequence: int | None, certificate: str, suffix: str) -> None:
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
