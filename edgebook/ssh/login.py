"""The login: keys, agent and password, in this order, as far as a target allows them.

Not host keys: the host has been recognised before anything here is sent to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import paramiko
from paramiko import ssh_exception
from paramiko.pkey import UnknownKeyType

from edgebook.errors import HostAuthFailed, HostUnreachable
from edgebook.records import SshTarget
from edgebook.secrets import Secret
from edgebook.ssh.failures import HINTS, reason

Method = tuple[str, Callable[[], list[str]]]
"""What is tried, in words, and the call that tries it and returns what the host still wants."""


def log_in(transport: paramiko.Transport, target: SshTarget) -> None:
    """Try what the target offers until the host is content, or raise with all that was tried."""
    tried: list[str] = []
    agent = paramiko.Agent() if target.agent else None
    try:
        for words, attempt in _methods(transport, target, agent):
            try:
                attempt()
            except (ssh_exception.AuthenticationException, ssh_exception.IncompatiblePeer) as exc:
                _raise_if_cut(transport, target, exc)
                tried.append(words)
            if transport.is_authenticated():
                return
    finally:
        if agent is not None:
            agent.close()
    what = ", ".join(tried) or "nothing: site.yaml gives no key, no password and no agent"
    raise HostAuthFailed(
        target.name, f"{target.address} refused the user {target.user!r}; tried: {what}", hint=HINTS[HostAuthFailed]
    )


def load_key(path: Path, passphrase: Secret | None, *, host: str) -> paramiko.PKey:
    """Read a private key file, with its passphrase when it has one."""
    try:
        # Bytes: paramiko hands the passphrase to cryptography as it is, whatever its annotation says.
        return paramiko.PKey.from_path(path, passphrase.value().encode() if passphrase else None)  # type: ignore[arg-type]
    except OSError as exc:
        raise HostAuthFailed(host, f"the key {path} cannot be read: {exc.strerror}", hint="check ssh.key") from exc
    except (TypeError, ssh_exception.PasswordRequiredException) as exc:
        raise HostAuthFailed(host, f"the key {path} needs a passphrase", hint="set ssh.passphrase") from exc
    except (ValueError, ssh_exception.SSHException, UnknownKeyType) as exc:
        why = "the passphrase does not open it" if passphrase else "it is no private key that paramiko knows"
        raise HostAuthFailed(
            host, f"the key {path} cannot be used: {why}", hint="check ssh.key, ssh.passphrase"
        ) from exc


def _methods(transport: paramiko.Transport, target: SshTarget, agent: paramiko.Agent | None) -> Iterator[Method]:
    for path in target.keys:
        key = load_key(path, target.passphrase, host=target.name)
        yield f"key {path}", partial(transport.auth_publickey, target.user, key)
    for held in agent.get_keys() if agent else ():
        yield f"agent key {held.get_name()}", partial(transport.auth_publickey, target.user, held)
    if target.password is not None:
        password = target.password.value()
        yield "password", partial(transport.auth_password, target.user, password)


def _raise_if_cut(transport: paramiko.Transport, target: SshTarget, exc: Exception) -> None:
    """Raise `HostUnreachable` when the link broke or froze: paramiko calls that a failed authentication too."""
    if not transport.is_active() or "timeout" in str(exc):
        text = f"{target.address} did not finish the login: {reason(exc)}"
        raise HostUnreachable(target.name, text, hint=HINTS[HostUnreachable]) from exc
