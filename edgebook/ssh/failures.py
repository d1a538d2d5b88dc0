"""Failures: paramiko's errors, and those of sockets under it, as edgebook's own.

Not the place where a remote command's exit code is judged; that is `edgebook.ssh.host`.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from enum import IntEnum

import paramiko
from paramiko import ssh_exception

from edgebook.errors import (
    ConnectionLost,
    HostAuthFailed,
    HostError,
    HostKeyMismatch,
    HostTimeout,
    HostUnreachable,
    TransferFailed,
    shorten,
)
from edgebook.secrets import mask


class Phase(IntEnum):
    """What was under way when an error came; the column of `PARAMIKO_ERRORS`."""

    CONNECT = 0
    COMMAND = 1
    TRANSFER = 2


Row = tuple[type[HostError], type[HostError], type[HostError]]

_KEY: Row = (HostKeyMismatch, HostKeyMismatch, HostKeyMismatch)
_AUTH: Row = (HostAuthFailed, HostAuthFailed, HostAuthFailed)
_NO_WAY: Row = (HostUnreachable, HostUnreachable, HostUnreachable)
_CUT: Row = (HostUnreachable, ConnectionLost, ConnectionLost)

PARAMIKO_ERRORS: dict[type[Exception], Row] = {  # first match wins: the narrow ones first
    ssh_exception.BadHostKeyException: _KEY,
    ssh_exception.PasswordRequiredException: _AUTH,
    ssh_exception.BadAuthenticationType: _AUTH,
    ssh_exception.PartialAuthentication: _AUTH,
    ssh_exception.UnableToAuthenticate: _AUTH,
    ssh_exception.AuthenticationException: _AUTH,
    ssh_exception.ChannelException: _NO_WAY,
    ssh_exception.IncompatiblePeer: _NO_WAY,
    ssh_exception.CouldNotCanonicalize: _NO_WAY,
    ssh_exception.ConfigParseError: _NO_WAY,
    ssh_exception.NoValidConnectionsError: _CUT,
    ssh_exception.ProxyCommandFailure: _CUT,
    ssh_exception.MessageOrderError: _CUT,
    ssh_exception.SSHException: _CUT,
    paramiko.SFTPError: (HostUnreachable, ConnectionLost, TransferFailed),
    EOFError: _CUT,
    TimeoutError: (HostUnreachable, HostTimeout, TransferFailed),
    OSError: (HostUnreachable, ConnectionLost, TransferFailed),
}

HINTS: dict[type[HostError], str] = {
    HostUnreachable: "check power, address, port and firewall; `ssh USER@ADDRESS` in a terminal shows the same",
    HostAuthFailed: "check user, key and password under ssh: in site.yaml, and ~/.ssh/authorized_keys on the host",
    ConnectionLost: "run again: what is already done is seen and left alone",
    TransferFailed: "run again: the upload goes on where it stopped",
}


def reason(exc: BaseException) -> str:
    """Say in words what an exception means; some of paramiko's and the system's have no text at all."""
    match exc:
        case socket.gaierror():
            return "the name cannot be resolved"
        case TimeoutError():
            return "no answer in time"
        case EOFError():
            return "the other side closed the connection"
        case ssh_exception.ChannelException():
            return f"the host refused a channel: {exc.text}"
        case OSError() if exc.strerror:
            return exc.strerror
        case _:
            return str(exc) or type(exc).__name__


@contextlib.contextmanager
def translated(host: str, phase: Phase, doing: str, *, alive: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Turn paramiko's errors into ours and keep the original as the cause.

    Args:
        host: the inventory name, for the message.
        phase: what is under way; the same paramiko error means different things before and after.
        doing: what is under way, in words: "connecting to 10.0.0.1:22".
        alive: whether the connection still stands; a broken one explains every other error.
    """
    try:
        yield
    except tuple(PARAMIKO_ERRORS) as exc:
        row = next(row for theirs, row in PARAMIKO_ERRORS.items() if isinstance(exc, theirs))
        error = row[phase] if phase is Phase.CONNECT or alive() else ConnectionLost
        raise error(host, mask(f"{doing}: {shorten(reason(exc))}"), hint=HINTS.get(error, "")) from exc
