"""Certificates and the kubeconfig that carries them."""

import base64
import hashlib
from datetime import timedelta

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from edgebook.lab.kube.pki import Pki, expires, kubeconfig
from tests.kubeapi import NOW, fixed_now


@pytest.fixture(scope="module")
def pki():
    """One cluster's authorities."""
    return Pki.new(fixed_now)


def first(pem):
    """Return the first certificate of a text."""
    return x509.load_pem_x509_certificate(pem.encode())


def test_authorities_are_named_as_k3s_names_them(pki):
    """The subject has the side and the second of creation."""
    names = [first(pem).subject.rfc4514_string() for pem in (pki.ca_pem, pki.client_ca_pem)]
    assert [f"CN=k3s-{side}-ca@{int(NOW.timestamp())}" for side in ("server", "client")] == names


def test_the_digest_is_of_the_pem_text(pki):
    """A K3s token carries the SHA-256 of the file."""
    assert hashlib.sha256(pki.ca_pem.encode()).hexdigest() == pki.ca_sha256


def test_a_server_certificate_has_names_and_addresses(pki):
    """Addresses and names are told apart."""
    cert = first(pki.issue_server(["127.0.0.1", "s1"]).cert_pem)
    names = cert.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert (["s1"], ["127.0.0.1"]) == (
        names.get_values_for_type(x509.DNSName), [str(ip) for ip in names.get_values_for_type(x509.IPAddress)],
    )  # fmt: skip


def test_a_client_certificate_has_user_and_groups(pki):
    """The common name is the user, organisations are groups."""
    subject = first(pki.issue_client("system:admin", ("system:masters",)).cert_pem).subject
    values = [subject.get_attributes_for_oid(oid)[0].value for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)]
    assert values == ["system:admin", "system:masters"]


def test_leaves_are_signed_by_their_authority(pki):
    """Clients and servers have different authorities."""
    first(pki.issue_client("x").cert_pem).verify_directly_issued_by(first(pki.client_ca_pem))
    first(pki.issue_server(["x"]).cert_pem).verify_directly_issued_by(first(pki.ca_pem))


def test_days_say_when_a_certificate_ends(pki):
    """An expired one can be issued for the fault."""
    assert [NOW + timedelta(days=5), NOW - timedelta(days=1)] == [
        expires(pki.issue_client("x", days=days).cert_pem) for days in (5, -1)
    ]


def test_keys_do_not_show(pki):
    """The repr of what was issued has no key in it."""
    assert "PRIVATE KEY" not in repr(pki.issue_client("x")) + repr(pki)


def test_the_kubeconfig_is_k3ss_own(pki):
    """It is YAML with one cluster, user and context, and the CA in it."""
    read = yaml.safe_load(kubeconfig("https://127.0.0.1:6443", pki.ca_pem, pki.issue_client("x")))
    cluster = read["clusters"][0]["cluster"]
    assert ("default", "https://127.0.0.1:6443", pki.ca_pem) == (
        read["current-context"], cluster["server"], base64.b64decode(cluster["certificate-authority-data"]).decode(),
    )  # fmt: skip
