"""The cluster's certificates, made by the `openssl` program when a server first starts.

Not kept anywhere but in the data folder: no key is part of the tests.
"""

import base64
import ipaddress
import subprocess
import tempfile
from pathlib import Path

from .service import write

CA_DAYS, LEAF_DAYS = 3650, 365
AUTHORITIES = ("server-ca", "client-ca")
REQUEST = """\
[req]
distinguished_name = dn
prompt = no
[dn]
{subject}
[ext]
subjectKeyIdentifier = hash
{extensions}
"""
AUTHORITY = "basicConstraints = critical,CA:true\nkeyUsage = critical,digitalSignature,keyCertSign"
LEAF = """\
authorityKeyIdentifier = keyid
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = {usage}"""


def make_authorities(folder):
    """Make the CAs a cluster is born with, where they are not there yet."""
    for name in AUTHORITIES:
        if not (folder / f"{name}.crt").exists():
            _certify(folder, name, f"CN = k3s-{name}", AUTHORITY, days=CA_DAYS)


def make_leaves(folder, names):
    """Make a server's serving certificate for its names and addresses, and the administrator's."""
    alternatives = ",".join(sorted({_alternative(name) for name in names if name}))
    serving = LEAF.format(usage="serverAuth") + f"\nsubjectAltName = {alternatives}"
    _certify(folder, "serving-kube-apiserver", "CN = kube-apiserver", serving, by="server-ca")
    if not (folder / "client-admin.crt").exists():
        admin = "O = system:masters\nCN = system:admin"
        _certify(folder, "client-admin", admin, LEAF.format(usage="clientAuth"), by="client-ca")


def bundle(folder):
    """Return the CAs with their keys: what a joining server is given."""
    names = [f"{name}.{kind}" for name in AUTHORITIES for kind in ("crt", "key")]
    return {name: (folder / name).read_text(encoding="ascii") for name in names}


def unpack(folder, files):
    """Write what another server gave."""
    for name, text in files.items():
        write(folder / name, text, 0o644 if name.endswith(".crt") else 0o600)


def kubeconfig(folder):
    """Compose the administrator's kubeconfig as K3s lays it out."""
    authority, certificate, key = (
        base64.b64encode((folder / name).read_bytes()).decode()
        for name in ("server-ca.crt", "client-admin.crt", "client-admin.key")
    )
    return KUBECONFIG.format(authority=authority, certificate=certificate, key=key)


KUBECONFIG = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {authority}
    server: https://127.0.0.1:6443
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
preferences: {{}}
users:
- name: default
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"""


def _alternative(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def _certify(folder, name, subject, extensions, *, by="", days=LEAF_DAYS):
    folder.mkdir(parents=True, exist_ok=True)
    signer = ["-CA", folder / f"{by}.crt", "-CAkey", folder / f"{by}.key"] if by else []
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as config:
        config.write(REQUEST.format(subject=subject, extensions=extensions))
        config.flush()
        command = ["openssl", "req", "-x509", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        where = ["-config", config.name, "-extensions", "ext", "-days", str(days), *signer]
        out = ["-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"]
        subprocess.run([*command, *where, *out], check=True, capture_output=True)
    Path(folder / f"{name}.crt").chmod(0o644)
