"""The SSH server of a practice host: logins, command lines, SFTP and jumps.

Not the commands: the host's shell runs those.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

import asyncssh
from asyncssh.channel import SSHChannel
from asyncssh.constants import OPEN_CONNECT_FAILED

from edgebook.lab.hosts.call import Call, CallFactory, run
from edgebook.lab.hosts.debian import ROOT_PATH, USER_PATH
from edgebook.lab.hosts.mainprocess import SIGNAL_NAMES
from edgebook.lab.hosts.model import Host
from edgebook.lab.hosts.processes import Killed
from edgebook.lab.hosts.sftp import HostFiles
from edgebook.lab.hosts.sshstreams import CLOSED, Bytes, Held, Input, Output, until_let_go

MAX_SESSIONS = 10
"""OpenSSH's default; the eleventh channel of a connection is refused."""
SFTP_VERSION = 3
"""OpenSSH's, and the only one paramiko speaks."""
ACCEPTED_ENV = ("LANG", "LC_")
Session = tuple[asyncssh.SSHServerChannel[bytes], asyncssh.SSHServerSession[bytes]]
Handle = Callable[[Bytes], Awaitable[None]]
Sftp = Callable[[SSHChannel[bytes]], HostFiles]
Carry = Callable[[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]], None]
Reach = Callable[[Host, str, int], socket.socket]
"""Opens a connection from a host to an address and port of the site, for a jump; raises OSError."""


class Channel(asyncssh.SSHServerProcess[bytes]):
    """One session of a connection; `closed` hears of its end, whether a command ran in it or not."""

    def __init__(self, handle: Handle, sftp: Sftp, closed: Callable[[], None]) -> None:
        super().__init__(handle, sftp, SFTP_VERSION, False)
        self._tell_closed = closed

    def subsystem_requested(self, subsystem: str) -> bool:
        """Serve SFTP and no other subsystem."""
        return subsystem == "sftp" and super().subsystem_requested(subsystem) is True

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the session as over."""
        self._tell_closed()
        super().connection_lost(exc)


class Login(asyncssh.SSHServer):
    """One connection to a host: who may come in, and what they may open."""

    def __init__(self, host: Host, reach: Reach | None) -> None:
        self._host = host
        self._reach = reach
        self._connection: asyncssh.SSHServerConnection | None = None
        self._sessions = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Remember the connection."""
        self._connection = conn

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - the shape of SSHServer
        """Ask everybody for a proof, whether the account exists or not."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Take keys."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Let in who has a key in the account's authorized_keys on the host."""
        account = self._host.users.get(username)
        if account is None:
            return False
        path = f"{account.home}/.ssh/authorized_keys"
        lines = self._host.files.text(path).splitlines() if self._host.files.is_file(path) else []
        offered = key.export_public_key().split()[1].decode()
        return any(offered in line.split() for line in lines if not line.startswith("#"))

    def password_auth_supported(self) -> bool:
        """Take passwords."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Let in who knows the account's password; root never, as Debian's sshd."""
        account = self._host.users.get(username)
        return account is not None and account.uid != 0 and account.password == password != ""

    def session_requested(self) -> Session:
        """Open a session, of which a connection has at most ten."""
        if self._connection is None or self._sessions >= MAX_SESSIONS:
            raise asyncssh.ChannelOpenError(OPEN_CONNECT_FAILED, "open failed")
        self._sessions += 1
        channel = self._connection.create_server_channel(encoding=None)
        return channel, Channel(self._session, self._sftp, self._session_closed)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool | Carry:  # noqa: ARG002
        """Connect onwards, as ProxyJump asks; the model decides whether the host gets there."""
        if self._reach is None:
            return False
        try:
            onwards = self._reach(self._host, dest_host, dest_port)
        except OSError as exc:
            raise asyncssh.ChannelOpenError(OPEN_CONNECT_FAILED, str(exc)) from exc

        def carry(reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes]) -> None:
            self._host.world.spawn(_bridge(reader, writer, onwards), name=f"{self._host.name} jump")

        return carry

    def _session_closed(self) -> None:
        self._sessions -= 1

    def _sftp(self, channel: SSHChannel[bytes]) -> HostFiles:
        return HostFiles(channel, self._host, str(channel.get_extra_info("username")))

    async def _session(self, process: Bytes) -> None:
        """Run the session in a task of the host: it goes on when the client is gone."""
        held: Held = set()
        work = self._host.world.spawn(run_session(self._host, process, held), name=f"{self._host.name} session")
        try:
            code = await asyncio.shield(work)
        except asyncio.CancelledError:
            code = 255
        with contextlib.suppress(*CLOSED):
            if any(not job.done() for job in held):
                await until_let_go(process, code, held)
            elif isinstance(code, Killed):
                process.exit_with_signal(SIGNAL_NAMES.get(code.signal, str(code.signal)))
            else:
                process.exit(code)


async def run_session(host: Host, process: Bytes, held: Held) -> int:
    """Run a command line, or a prompt when there is none, and return the exit code."""
    make = call_factory(host, process, held)
    if process.command is None:
        return await prompt(host, make)
    return await command_line(host, make, process.command)


def call_factory(host: Host, process: Bytes, held: Held) -> CallFactory:
    """Make the function that makes the session's calls: its user, folder, environment and streams."""
    user = str(process.get_extra_info("username"))
    account = host.user(user)
    tty = process.term_type is not None
    stdout = Output(process.stdout, tty=tty, held=held)
    first = Call(
        host.world,
        host,
        argv=[],
        env=_environment(host, user, process),
        user=user,
        cwd=account.home,
        stdin=Input(process),
        stdout=stdout,
        stderr=stdout if tty else Output(process.stderr, tty=False, held=held),
        tty=tty,
    )
    return first.child


async def command_line(host: Host, make: CallFactory, text: str) -> int:
    """Run one command line with the host's shell; tell the hooks first."""
    for hook in list(host.on_exec):
        hook(text)
    if host.world.shell is not None:
        return await host.world.shell(make, text)
    return await run(make(["bash", "-c", text]))


async def prompt(host: Host, make: CallFactory) -> int:
    """Read lines and run each, until `exit` or the end; a folder or variable does not last to the next line."""
    call, code = make(["-bash"]), 0
    while True:
        if call.tty:
            call.out(f"{call.user}@{host.hostname}:~{'#' if call.uid == 0 else '$'} ")
        line = await call.stdin.readline()
        text = line.decode(errors="replace").strip()
        if not line or text.split()[:1] in (["exit"], ["logout"]):
            return code
        if text:
            code = await command_line(host, make, text)


async def serve(sock: socket.socket, host: Host, key: asyncssh.SSHKey, *, reach: Reach | None = None) -> None:
    """Serve one connected socket until its client has gone."""
    with contextlib.suppress(*CLOSED):
        connection = await asyncssh.run_server(
            sock,
            server_factory=lambda: Login(host, reach),
            server_host_keys=[key],
            server_version="OpenSSH_9.2p1 Debian-2+deb12u3",
            allow_scp=False,
            keepalive_interval=0,
            login_timeout=30,
        )
        try:
            await connection.wait_closed()
        finally:
            connection.abort()


def _environment(host: Host, user: str, process: Bytes) -> dict[str, str]:
    account = host.user(user)
    env = {name: value for name, value in process.env.items() if name.startswith(ACCEPTED_ENV)}
    for line in host.files.text("/etc/environment").splitlines() if host.files.exists("/etc/environment") else []:
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            env[name] = value.strip("\"'")
    return {
        "PATH": USER_PATH if account.uid else ROOT_PATH,
        **env,
        "HOME": account.home,
        "USER": user,
        "LOGNAME": user,
        "SHELL": account.shell,
        "PWD": account.home,
        "SSH_CONNECTION": f"127.0.0.1 0 {host.node_ip} 22",
    }


class _Source(Protocol):
    async def read(self, n: int = -1, /) -> bytes: ...


class _Sink(Protocol):
    def write(self, data: bytes, /) -> None: ...

    async def drain(self) -> None: ...

    def write_eof(self) -> None: ...


async def _bridge(reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes], onwards: socket.socket) -> None:
    """Copy both ways until one side ends, then close both."""
    far_reader, far_writer = await asyncio.open_connection(sock=onwards)
    ways = [asyncio.ensure_future(_copy(reader, far_writer)), asyncio.ensure_future(_copy(far_reader, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        writer.close()
        far_writer.close()


async def _copy(source: _Source, sink: _Sink) -> None:
    with contextlib.suppress(*CLOSED, RuntimeError):
        while data := await source.read(1 << 15):
            sink.write(data)
            await sink.drain()
        sink.write_eof()
