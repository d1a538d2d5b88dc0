"""A link: one live SSH connection, recognised, logged in and watched.

Not kept here: when it is made again and who shares it; that is `edgebook.ssh.connection`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import paramiko

from edgebook.records import SshTarget
from edgebook.ssh import hostkeys
from edgebook.ssh.hostkeys import HostKey, PinnedKey
from edgebook.ssh.login import log_in
from edgebook.ssh.pulse import Pulse
from edgebook.ssh.sshconfig import Route
from edgebook.ssh.wire import QUIET_LIMIT_S, Wire

# paramiko logs with tracebacks what it also raises; without a handler Python would print that on stderr.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
FAST_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Last in paramiko's list, and 10 to 20 % faster than its first for large files."""


@dataclass(frozen=True)
class Link:
    """A transport with the wire under it and the pulse that watches it."""

    transport: paramiko.Transport
    wire: Wire
    pulse: Pulse

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as anybody has noticed."""
        return self.transport.is_active()

    def answers(self) -> bool:
        """Ask the host, and return whether the connection still stands."""
        return self.pulse.ask()

    @property
    def loss(self) -> str:
        """Why the connection ended, in words."""
        if self.pulse.lost or self.wire.unanswered:
            return f"no sign of life for {QUIET_LIMIT_S} s: the host is frozen or the link is cut"
        return "the other side, or the network between, closed it"

    def close(self) -> None:
        """End the connection and everything that uses it."""
        self.pulse.stop()
        self.transport.close()
        self.wire.close()


def open_link(wire: Wire, route: Route) -> Link:
    """Speak SSH over a wire: recognise the host, log in, start the pulse; the wire is closed on failure."""
    known = hostkeys.pinned(route.target.known_hosts)
    with contextlib.ExitStack() as undo:
        undo.callback(wire.close)
        transport = greet(wire, route.target, _pinned_types(known, route))
        undo.callback(transport.close)
        _recognise(transport, route, known)
        log_in(transport, route.target)
        undo.pop_all()
    pulse = Pulse(transport, wire)
    pulse.start()
    return Link(transport, wire, pulse)


def greet(wire: Wire, target: SshTarget, key_types: Iterable[str]) -> paramiko.Transport:
    """Agree on ciphers and keys with a host; nothing secret has been said afterwards.

    Args:
        wire: the stream; whoever opened it closes it on failure.
        target: for its time limit.
        key_types: the types of host key to accept, the preferred ones first.
    """
    transport = paramiko.Transport(wire)  # type: ignore[arg-type]  # anything with a socket's methods will do
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = target.connect_timeout_s
    # The pulse ends a wait on a dead host; this is for a live one that does not answer.
    transport.channel_timeout = QUIET_LIMIT_S + target.connect_timeout_s
    options = transport.get_security_options()
    options.ciphers = _first(FAST_CIPHERS, options.ciphers)
    options.key_types = tuple(key_types)
    try:
        transport.start_client(timeout=target.connect_timeout_s)
    except BaseException:
        transport.close()
        raise
    return transport


def shown_key(transport: paramiko.Transport, address: str, port: int) -> HostKey:
    """Return the key that the host at the other end has shown."""
    key = transport.get_remote_server_key()
    return HostKey(hostkeys.known_name(address, port), key.get_name(), key.get_base64())


def _recognise(transport: paramiko.Transport, route: Route, known: Iterable[PinnedKey]) -> None:
    target = route.target
    key = shown_key(transport, route.known_as, target.port)
    hostkeys.expect(key, known, name=target.name, address=route.known_as, port=target.port)


def _pinned_types(known: Iterable[PinnedKey], route: Route) -> tuple[str, ...]:
    """Put the types that are pinned first: a host with several keys shows the first that is asked for."""
    name = hostkeys.known_name(route.known_as, route.target.port)
    types = {line.type for line in known if not line.marker and (line.covers(name) or line.covers(route.known_as))}
    if "ssh-rsa" in types:  # the name of the key; the signatures over it have newer names
        types |= {"rsa-sha2-512", "rsa-sha2-256"}
    return tuple(sorted(KEY_TYPES, key=lambda kind: kind not in types))


def _first(wanted: Iterable[str], offered: Iterable[str]) -> tuple[str, ...]:
    offered = tuple(offered)
    front = tuple(name for name in wanted if name in offered)
    return front + tuple(name for name in offered if name not in front)
