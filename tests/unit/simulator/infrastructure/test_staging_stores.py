"""Object stores as secondary storage, staging stores, and certificates for hosts that download images themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from conftest import Cloud, Operator

S3 = {"accesskey": "a", "secretkey": "s", "endpoint": "s3.example.com", "bucket": "b"}


def test_a_staging_store_is_none_of_the_image_stores(cloud: Cloud) -> None:
    url = "nfs://10.0.0.6/staging"
    for given, words in (
        ({"scope": "moon", "zoneid": cloud.zone}, "invalid scope for cache store moon"),
        ({"scope": "region"}, "Only zone wide cache storage is supported"),
        ({"scope": "zone"}, "zone id can't be null, if scope is zone"),
        ({}, "Can't find zone by id null"),
    ):
        assert cloud.op.refused("createSecondaryStagingStore", url=url, **given) == (530, words)
    store = cloud.op.do("createSecondaryStagingStore", url=url, zoneid=cloud.zone)["secondarystorage"]
    assert (store["name"], store["scope"], store["protocol"]) == (url, "ZONE", "nfs")
    assert cloud.op.only("listSecondaryStagingStores")["id"] == store["id"]
    assert cloud.op.only("listImageStores")["id"] == cloud.store
    cloud.op.do("deleteSecondaryStagingStore", id=store["id"])
    assert cloud.op.rows("listSecondaryStagingStores") == []


def test_a_cloud_goes_over_to_an_object_store(cloud: Cloud) -> None:
    assert "same provider NFS" in cloud.op.refused("addImageStoreS3", **S3)[1]
    store = cloud.op.do("updateCloudToUseObjectStore", provider="S3", name="s3")["imagestore"]
    assert (store["name"], store["scope"], store["protocol"], "zoneid" in store) == ("s3", "REGION", "http", False)
    assert cloud.op.only("listSecondaryStagingStores")["id"] == cloud.store
    second = cloud.op.do("addImageStoreS3", usehttps="true", **S3)["imagestore"]
    assert (second["name"], second["protocol"]) == (second["id"], "https")
    told = cloud.op.refused("updateCloudToUseObjectStore", provider="S3")
    assert told == (431, "We only support migrate NFS secondary storage to use object store!")


def pem(op: Operator, days: int = 30) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string("CN=images.example.com,O=Example,C=US")
    now = datetime.fromtimestamp(op.sim.clock.now(), UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(4711)
        .not_valid_before(now - timedelta(days=60)).not_valid_after(now + timedelta(days=days))
    )  # fmt: skip
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_hosts_are_given_certificates_and_give_them_back(running: Cloud) -> None:
    op, text = running.op, pem(running.op)
    given: dict[str, Any] = {"name": "images", "hypervisor": "KVM", "zoneid": running.zone}
    told = op.refused("uploadTemplateDirectDownloadCertificate", certificate=text, **{**given, "hypervisor": "VMware"})
    assert told == (431, "Currently supporting KVM hosts only")
    assert "different alias" in op.refused("uploadTemplateDirectDownloadCertificate", certificate=text,
                                           **{**given, "name": "cloud"})[1]  # fmt: skip
    assert op.refused("uploadTemplateDirectDownloadCertificate", certificate=pem(op, -1), **given)[1].startswith(
        "Certificate is invalid. Please provide a valid certificate. Error: NotAfter: "
    )
    answer = op.do("uploadTemplateDirectDownloadCertificate", certificate=text, **given)
    made = answer["uploadtemplatedirectdownloadcertificate"]
    assert (made["subject"], made["serialnum"], made["version"]) == (
        "CN=images.example.com, O=Example, C=US", "4711", "3",
    )  # fmt: skip
    assert {row["status"] for row in made["hostsmap"]} == {"UPLOADED"} and len(made["hostsmap"]) == len(running.hosts)
    assert "has been already created" in op.refused("uploadTemplateDirectDownloadCertificate", certificate=text,
                                                    **given)[1]  # fmt: skip
    one = {"id": made["id"], "zoneid": running.zone, "hostid": running.hosts[0]}
    assert op.only("revokeTemplateDirectDownloadCertificate", **one)["status"] == "REVOKED"
    assert op.rows("revokeTemplateDirectDownloadCertificate", **one) == []
    told = op.only("listTemplateDirectDownloadCertificates", listhosts="true")["hostsmap"]
    assert {row["hostid"]: row["status"] for row in told}[running.hosts[0]] == "REVOKED"
    done = op.do("provisionTemplateDirectDownloadCertificate", id=made["id"], hostid=running.hosts[0])
    assert done["directdownloadcertificatehoststatus"]["status"] == "UPLOADED"


def test_protocols_and_methods_of_isolation_are_told(op: Operator) -> None:
    protocols = op.rows("listNetworkProtocols", option="protocolnumber")
    assert len(protocols) == 146 and protocols[6]["name"] == "TCP"
    kinds = {row["index"]: row for row in op.rows("listNetworkProtocols", option="ICMPTYPE")}
    assert kinds[5]["details"]["2"].endswith("ToS & network") and "details" not in kinds[42]
    assert op.refused("listNetworkProtocols", option="ports") == (
        431, "Option ports is not supported. Supported values are [ProtocolNumber, IcmpType]",
    )  # fmt: skip
    assert [row["name"] for row in op.rows("listNetworkIsolationMethods")][2] == "Vlan"


def test_old_network_devices_are_refused_without_parameters(op: Operator) -> None:
    assert op.refused("listNetworkDevice") == op.refused("addNetworkDevice") == (530, "Parameter list is null")
