"""Who is asking: a client certificate, a fixed token, or a service account's token.

Not authorization: whoever is known may do everything, as `system:masters` may.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from edgebook.lab.kube.pki import Pki
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

AUTHENTICATED = "system:authenticated"
ISSUER = "https://kubernetes.default.svc.cluster.local"
HALF_BYTES = 32
"""A P-256 signature in a JWT is two numbers of this length."""

CERT_TIME = "%b %d %H:%M:%S %Y GMT"


@dataclass(frozen=True)
class User:
    """A name and the groups it belongs to."""

    name: str
    groups: tuple[str, ...] = ()


def from_certificate(peer: Mapping[str, Any] | None, now: datetime) -> User | None:
    """Read the user from a certificate that TLS has verified but for its dates, as `ssl` describes it."""
    if not peer:
        return None
    ends = datetime.strptime(str(peer["notAfter"]), CERT_TIME).replace(tzinfo=UTC)
    begins = datetime.strptime(str(peer["notBefore"]), CERT_TIME).replace(tzinfo=UTC)
    pairs = [pair for names in peer["subject"] for pair in names]
    name = next((value for key, value in pairs if key == "commonName"), "")
    if not name or not begins <= now <= ends:
        return None
    groups = tuple(value for key, value in pairs if key == "organizationName")
    return User(name, (*groups, AUTHENTICATED))


class Tokens:
    """Bearer tokens: fixed ones, and those signed for service accounts."""

    def __init__(self, pki: Pki, fixed: Mapping[str, User]) -> None:
        self._key = pki.server_ca.key
        self._fixed = dict(fixed)

    def user(self, header: str, now: datetime) -> User | None:
        """Return who an Authorization header stands for, or None."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        return self._fixed.get(token) or self._account(token, now)

    def issue(self, account: Tree, seconds: int, now: datetime) -> str:
        """Sign a token for a service account."""
        namespace, name = namespace_of(account), name_of(account)
        claims = {
            "iss": ISSUER,
            "aud": [ISSUER],
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=seconds)).timestamp()),
            "sub": f"system:serviceaccount:{namespace}:{name}",
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": {"name": name, "uid": dig(account, "metadata.uid")},
            },
        }
        signed = f"{_encode({'alg': 'ES256', 'typ': 'JWT'})}.{_encode(claims)}"
        r, s = utils.decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_base64(r.to_bytes(HALF_BYTES, 'big') + s.to_bytes(HALF_BYTES, 'big'))}"

    def _account(self, token: str, now: datetime) -> User | None:
        signed, _, signature = token.rpartition(".")
        try:
            raw = _plain(signature)
            numbers = (int.from_bytes(half, "big") for half in (raw[:HALF_BYTES], raw[HALF_BYTES:]))
            encoded = utils.encode_dss_signature(*numbers)
            self._key.public_key().verify(encoded, signed.encode(), ec.ECDSA(hashes.SHA256()))
            claims = json.loads(_plain(signed.partition(".")[2]))
        except (ValueError, InvalidSignature):
            return None
        if claims["exp"] < now.timestamp():
            return None
        group = f"system:serviceaccounts:{claims['kubernetes.io']['namespace']}"
        return User(claims["sub"], ("system:serviceaccounts", group, AUTHENTICATED))


def _encode(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
