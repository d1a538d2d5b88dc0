"""Join tokens: the short form, the K10 form and bootstrap tokens.

Not a secret store: nothing here keeps a token, it reads and writes their text.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

PREFIX = "K10"
HASH_CHARS = 64
BOOTSTRAP = re.compile(r"^([a-z0-9]{6})\.([a-z0-9]{16})$")


class TokenInvalidError(Exception):
    """A text that is no token, in K3s's words."""


@dataclass(frozen=True)
class Token:
    """A join token in its parts; `user` is empty for the short form and for bootstrap tokens."""

    password: str
    user: str = ""
    ca_hash: str = ""
    bootstrap_id: str = ""

    @property
    def bootstrap(self) -> str:
        """The bootstrap token's text, or nothing."""
        return f"{self.bootstrap_id}.{self.password}" if self.bootstrap_id else ""


def parse(text: str) -> Token:
    """Read a token; raise `TokenInvalidError` with K3s's own message."""
    if not text:
        raise TokenInvalidError("token must not be empty")
    if not text.startswith(PREFIX):
        found = BOOTSTRAP.match(text)
        return Token(found[2], bootstrap_id=found[1]) if found else Token(text)
    ca_hash, separator, credentials = text.removeprefix(PREFIX).partition("::")
    if not separator:
        return _credentials(ca_hash, "")
    if ca_hash and len(ca_hash) != HASH_CHARS:
        raise TokenInvalidError("invalid token CA hash length")
    return _credentials(credentials, ca_hash)


def _credentials(text: str, ca_hash: str) -> Token:
    found = BOOTSTRAP.match(text)
    if found:
        return Token(found[2], ca_hash=ca_hash, bootstrap_id=found[1])
    user, _, password = text.partition(":")
    if not password:
        raise TokenInvalidError("invalid token format")
    return Token(password, user, ca_hash)


def ca_hash(pem: bytes) -> str:
    """Hash a cluster's CA bundle as the K10 form carries it."""
    return hashlib.sha256(pem).hexdigest()


def secure(ca_pem: bytes, user: str, password: str) -> str:
    """Compose the K10 form: with it, the joining host can tell the right cluster from another one."""
    return f"{PREFIX}{ca_hash(ca_pem)}::{user}:{password}"
