from __future__ import annotations

import inspect
import socket

import paramiko
import pytest
from paramiko import ssh_exception

from edgebook.errors import ConnectionLost, HostAuthFailed, HostError, HostUnreachable, TransferFailed
from edgebook.ssh.failures import PARAMIKO_ERRORS, Phase, reason, translated


def raised(exc, phase, *, alive=True):
    """Return what becomes of an exception."""
    with pytest.raises(HostError) as caught, translated("box", phase, "trying", alive=lambda: alive):
        raise exc
    return caught.value


def test_every_error_of_paramiko_has_its_row():
    """An exception that a later paramiko adds fails here, instead of falling through to its base."""
    theirs = {kind for _, kind in inspect.getmembers(ssh_exception, inspect.isclass) if issubclass(kind, Exception)}
    assert set() == theirs - set(PARAMIKO_ERRORS)


def test_narrow_rows_come_before_wide_ones():
    """No row is hidden by the row of its own base class."""
    kinds = list(PARAMIKO_ERRORS)
    hidden = [kind for n, kind in enumerate(kinds) if any(issubclass(kind, before) for before in kinds[:n])]
    assert [] == hidden


@pytest.mark.parametrize(
    ("exc", "phase", "ours"),
    [
        (ssh_exception.AuthenticationException("no"), Phase.CONNECT, HostAuthFailed),
        (ssh_exception.SSHException("banner"), Phase.CONNECT, HostUnreachable),
        (ssh_exception.SSHException("gone"), Phase.COMMAND, ConnectionLost),
        (ConnectionResetError(104, "reset"), Phase.CONNECT, HostUnreachable),
        (ConnectionResetError(104, "reset"), Phase.COMMAND, ConnectionLost),
        (PermissionError(13, "Permission denied"), Phase.TRANSFER, TransferFailed),
        (paramiko.SFTPError("garbage"), Phase.TRANSFER, TransferFailed),
        (EOFError(), Phase.TRANSFER, ConnectionLost),
    ],
)
def test_the_same_error_means_what_was_under_way(exc, phase, ours):
    """An error is judged by what was being done when it came."""
    assert ours is type(raised(exc, phase))


def test_a_broken_connection_explains_other_errors():
    """An error during a transfer whose connection is gone is `ConnectionLost`, whatever it says."""
    assert ConnectionLost is type(raised(OSError("Socket is closed"), Phase.TRANSFER, alive=False))


def test_the_cause_is_kept():
    """The original exception is the cause of ours."""
    cause = EOFError()
    assert cause is raised(cause, Phase.CONNECT).__cause__


@pytest.mark.parametrize(
    ("exc", "words"),
    [
        (TimeoutError(), "no answer in time"),
        (EOFError(), "the other side closed the connection"),
        (socket.gaierror(-2, "Name or service not known"), "the name cannot be resolved"),
        (ssh_exception.ChannelException(2, "Connect failed"), "the host refused a channel: Connect failed"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_no_error_is_without_words(exc, words):
    """Exceptions without a text of their own get one."""
    assert words == reason(exc)
