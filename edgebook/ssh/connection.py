"""A connection: made on first use, made again when it broke, shared by several threads.

Not retried here: anything after the host was reached. A refused key, user or command stays refused.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import paramiko

from edgebook.errors import HostUnreachable
from edgebook.records import SshTarget
from edgebook.ssh import wire
from edgebook.ssh.failures import Phase, translated
from edgebook.ssh.link import Link, open_link
from edgebook.ssh.slots import Slots
from edgebook.ssh.sshconfig import Route, route
from edgebook.ssh.wire import Wire

RETRY_PAUSE_S = 0.5
"""Before the second attempt; each further pause is twice as long."""

LOCALE = {"LC_ALL": "C"}
"""What tools print is read by programs; a host that does not accept this variable ignores it."""


class Connection:
    """The way to one host.

    An attempt takes at most the target's `connect_timeout_s` each for TCP, greeting and login. A
    refused or broken attempt is repeated up to `retries` times; one that used up its time is not.
    """

    def __init__(self, target: SshTarget, gates: Gates, *, retries: int) -> None:
        self.target = target
        self._gates = gates
        self._retries = retries
        self._link: Link | None = None
        self._lock = threading.RLock()
        self._slots = Slots()

    def link(self) -> Link:
        """Return the live link, connecting first where there is none."""
        with self._lock:
            if self._link is not None and self._link.alive:
                return self._link
            self.close()
            self._link = self._connect()
            return self._link

    @property
    def alive(self) -> bool:
        """Whether there is a connection, as far as anybody has noticed."""
        link = self._link
        return link is not None and link.alive

    @contextlib.contextmanager
    def session(self) -> Iterator[tuple[Link, paramiko.Channel]]:
        """Open a channel for one command or transfer, and close it afterwards.

        A connection that turns out dead before anything was started is made again, once.
        """
        with self._slots.one(self._open) as (link, channel):
            channel.update_environment(LOCALE)
            yield link, channel

    def through(self, address: str, port: int) -> paramiko.Channel:
        """Open a byte stream from the host to another one, as a jump host does."""
        link = self.link()
        return link.transport.open_channel(
            "direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=self.target.connect_timeout_s
        )

    def close(self) -> None:
        """Close the connection; what is under way ends with `ConnectionLost`."""
        with self._lock:
            if self._link is not None:
                self._link.close()
            self._link = None

    def _open(self) -> tuple[Link, paramiko.Channel]:
        link = self.link()
        try:
            return link, link.transport.open_session()
        except paramiko.ChannelException:
            raise
        except (paramiko.SSHException, EOFError, OSError) as exc:
            if link.answers():
                # When two threads are refused at once, paramiko tells only one of them that it was.
                raise paramiko.ChannelException(0, str(exc)) from exc
        link = self._instead_of(link)
        return link, link.transport.open_session()

    def _instead_of(self, dead: Link) -> Link:
        """Return another link than one that broke a moment ago: paramiko's own thread may not have seen it yet."""
        with self._lock:
            if self._link is dead:
                self.close()
            return self.link()

    def _connect(self) -> Link:
        pause_s = RETRY_PAUSE_S
        for left in range(self._retries, -1, -1):
            began = time.monotonic()
            try:
                return self._attempt()
            except HostUnreachable:
                if not left or time.monotonic() - began >= self.target.connect_timeout_s:
                    raise
            time.sleep(pause_s)
            pause_s *= 2
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self) -> Link:
        way = route(self.target)
        with translated(self.target.name, Phase.CONNECT, f"connecting to {way}"):
            return open_link(self._gates.wire(way), way)


class Gates:
    """The connections to jump hosts, one each, however many hosts are behind it."""

    def __init__(self, *, retries: int) -> None:
        self._retries = retries
        self._open: dict[SshTarget, Connection] = {}
        self._lock = threading.Lock()

    def to(self, target: SshTarget) -> Connection:
        """Return the connection to a jump host."""
        with self._lock:
            return self._open.setdefault(target, Connection(target, self, retries=self._retries))

    def wire(self, way: Route) -> Wire:
        """Open a byte stream to a target, by whatever way leads there."""
        target = way.target
        if target.jump is not None:
            return Wire(self.to(target.jump).through(target.address, target.port))
        if way.proxy_command:
            return wire.proxied(way.proxy_command)
        return wire.tcp(target.address, target.port, target.connect_timeout_s)

    def close(self) -> None:
        """Close them all."""
        with self._lock:
            for connection in self._open.values():
                connection.close()
            self._open.clear()
