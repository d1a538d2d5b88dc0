"""Join tokens: the short form and the K10 form that carries the hash of the cluster's CA.

Not bootstrap tokens.
"""

import hashlib
from typing import NamedTuple

PREFIX = "K10"


class Token(NamedTuple):
    """A token in its parts; the short form has a password only."""

    password: str
    user: str = ""
    ca_hash: str = ""


def parse(text):
    """Read a token."""
    if not text.startswith(PREFIX):
        return Token(text.rpartition(":")[2])
    ca_hash, _, credentials = text.removeprefix(PREFIX).partition("::")
    user, _, password = credentials.partition(":")
    return Token(password, user, ca_hash)


def ca_hash(pem):
    """Hash the CA bundle as the K10 form carries it."""
    return hashlib.sha256(pem).hexdigest()


def secure(ca_pem, user, password):
    """Compose the K10 form."""
    return f"{PREFIX}{ca_hash(ca_pem)}::{user}:{password}"
