"""Certificates of one cluster: its authorities, what they issue, and the kubeconfig that carries them.

Not a place to keep keys: everything here is text that the caller puts where the real software would.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
LEAF_DAYS = 365
BACKDATED = timedelta(hours=1)
"""How long before now a certificate begins, because hosts' clocks differ."""

KUBECONFIG = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: {url}
  name: {name}
contexts:
- context:
    cluster: {name}
    user: {name}
  name: {name}
current-context: {name}
kind: Config
preferences: {{}}
users:
- name: {name}
  user:
    client-certificate-data: {cert}
    client-key-data: {key}
"""


@dataclass(frozen=True)
class Issued:
    """A certificate, with its issuer's behind it where that is wanted, and its key."""

    cert_pem: str
    key_pem: str = field(repr=False)


@dataclass(frozen=True)
class Authority:
    """A certificate authority."""

    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        """The certificate as text."""
        return _cert_text(self.cert)

    @property
    def key_pem(self) -> str:
        """The key as text."""
        return _key_text(self.key)


@dataclass(frozen=True)
class Pki:
    """The two authorities of a K3s cluster: one signs servers, one signs clients."""

    clock_now: Callable[[], datetime] = field(repr=False)
    server_ca: Authority = field(repr=False)
    client_ca: Authority = field(repr=False)

    @classmethod
    def new(cls, clock_now: Callable[[], datetime], name: str = "k3s") -> Pki:
        """Make new authorities, named as K3s names them."""
        now = clock_now()
        epoch = int(now.timestamp())
        server, client = (_authority(f"{name}-{side}-ca@{epoch}", now) for side in ("server", "client"))
        return cls(clock_now, server, client)

    @property
    def ca_pem(self) -> str:
        """What clients trust: `server-ca.crt`, and `/cacerts`."""
        return self.server_ca.pem

    @property
    def ca_key_pem(self) -> str:
        """The key of `ca_pem`."""
        return self.server_ca.key_pem

    @property
    def client_ca_pem(self) -> str:
        """What servers trust: `client-ca.crt`."""
        return self.client_ca.pem

    @property
    def client_ca_key_pem(self) -> str:
        """The key of `client_ca_pem`."""
        return self.client_ca.key_pem

    @property
    def ca_sha256(self) -> str:
        """The digest a K3s token carries: `K10<digest>::server:<token>`."""
        return hashlib.sha256(self.ca_pem.encode()).hexdigest()

    def issue_server(self, sans: Iterable[str], cn: str = "k3s", days: int = LEAF_DAYS) -> Issued:
        """Issue a server certificate for names and addresses, valid until so many days from now."""
        names = x509.SubjectAlternativeName([_general_name(name) for name in dict.fromkeys(sans)])
        return self._issue(self.server_ca, _subject(cn), ExtendedKeyUsageOID.SERVER_AUTH, days, names)

    def issue_client(self, cn: str, orgs: Sequence[str] = (), days: int = LEAF_DAYS) -> Issued:
        """Issue a client certificate: the name is the user, the organisations are the groups."""
        return self._issue(self.client_ca, _subject(cn, orgs), ExtendedKeyUsageOID.CLIENT_AUTH, days)

    def _issue(
        self,
        authority: Authority,
        subject: x509.Name,
        usage: x509.ObjectIdentifier,
        days: int,
        names: x509.SubjectAlternativeName | None = None,
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        now = self.clock_now()
        ends = now + timedelta(days=days)
        builder = _builder(subject, authority.cert.subject, key, min(now - BACKDATED, ends - BACKDATED), ends)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        cert = builder.sign(authority.key, hashes.SHA256())
        return Issued(_cert_text(cert) + authority.pem, _key_text(key))


def kubeconfig(url: str, ca_pem: str, issued: Issued, name: str = "default") -> str:
    """Write a kubeconfig in the form of `/etc/rancher/k3s/k3s.yaml`."""
    texts = {"ca": ca_pem, "cert": issued.cert_pem, "key": issued.key_pem}
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    return KUBECONFIG.format(url=url, name=name, **encoded)


def expires(cert_pem: str) -> datetime:
    """Return when the first certificate of a text ends."""
    return x509.load_pem_x509_certificate(cert_pem.encode()).not_valid_after_utc


def _authority(cn: str, now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(cn)
    builder = _builder(subject, subject, key, now - BACKDATED, now + timedelta(days=AUTHORITY_DAYS), authority=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begins: datetime,
    ends: datetime,
    *,
    authority: bool = False,
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(cn: str, orgs: Sequence[str] = ()) -> x509.Name:
    named = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, org) for org in orgs]
    return x509.Name([*named, x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _cert_text(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
