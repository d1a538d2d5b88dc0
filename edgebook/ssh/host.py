"""A host: commands and files over one SSH connection.

Not a session: commands share no working folder and no variables; each starts afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from edgebook.errors import CommandFailed, shorten
from edgebook.records import Completed, Payload, SshTarget
from edgebook.secrets import mask
from edgebook.ssh import files
from edgebook.ssh.command import build
from edgebook.ssh.connection import Gates
from edgebook.ssh.exchange import Overdue, Reply
from edgebook.ssh.pace import Pace
from edgebook.ssh.rounds import Part, Round
from edgebook.ssh.shell import COMMAND_TIMEOUT_S, OUTPUT_LIMIT_BYTES, Shell
from edgebook.ssh.transfer import Progress, Upload, opened

ROUND_LIMIT_BYTES = 8 * OUTPUT_LIMIT_BYTES


class Host:
    """One host, reached over SSH on the first call.

    Several threads may use it at once; each call has its own channel. A call on a lost connection
    raises `ConnectionLost`, and the next one connects again.

    Args:
        target: how the host is reached.
        retries: how often a refused or broken attempt to connect is repeated.
        gates: the jump hosts' connections to share with other hosts.
    """

    def __init__(self, target: SshTarget, *, retries: int = 2, gates: Gates | None = None) -> None:
        self.name = target.name
        self.target = target
        self._gates = gates or Gates(retries=retries)
        self._shares_gates = gates is not None
        self._shell = Shell(target, self._gates, retries=retries)

    def connect(self) -> None:
        """Connect now, as the first call would; for several that start at once, and are to fail at once."""
        self._shell.connection.link()

    def run(
        self,
        argv: Sequence[str],
        *,
        sudo: bool = False,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout_s: float = COMMAND_TIMEOUT_S,
    ) -> Completed:
        """Run a command and return how it ended; an exit code other than zero is no error here.

        Code -1 means that a signal ended it. The locale is C where the host accepts that.
        """
        command = build(self.target, argv, sudo=sudo, env=env)
        return self._shell.complete(command, stdin=stdin, timeout_s=timeout_s)

    def run_all(
        self, commands: Sequence[Sequence[str]], *, sudo: bool = False, timeout_s: float = COMMAND_TIMEOUT_S
    ) -> list[Completed]:
        """Run commands one after the other in a single exec, and return how each ended.

        None of them has an input, none stops the others. `seconds` is the time of the whole round.
        """
        if not commands:
            return []
        work = Round(commands)
        command = build(self.target, ["sh", "-c", work.script], sudo=sudo, shown=f"{len(commands)} commands in one")
        try:
            reply = self._shell.ask(command, timeout_s=timeout_s, limit_bytes=ROUND_LIMIT_BYTES)
        except Overdue as late:
            reached = work.ended(late.out)
            shown = mask(work.commands[min(reached, len(commands) - 1)])
            raise self._shell.too_late(shown, timeout_s, late) from None
        return self._taken_apart(work, reply)

    def script(
        self,
        text: str,
        args: Sequence[str] = (),
        *,
        sudo: bool = False,
        stdin: bytes = b"",
        timeout_s: float = COMMAND_TIMEOUT_S,
    ) -> Completed:
        """Run a shell text; its arguments are `$1` and so on, and need no quoting."""
        return self._shell.script(text, args, sudo=sudo, stdin=stdin, timeout_s=timeout_s)

    def read(self, path: str, *, sudo: bool = False) -> bytes:
        """Return a file's bytes; raise `HostError` with the reason when it cannot be read."""
        return files.read(self._shell, path, sudo=sudo)

    def write(
        self,
        path: str,
        data: bytes | str,
        *,
        mode: int = 0o644,
        owner: str = "",
        sudo: bool = False,
        backup: bool = False,
    ) -> bool:
        """Write a file atomically, with its folder, unless it is so already; return whether it changed.

        Args:
            path: from / or from the home folder.
            data: the content; it never appears in a process list.
            mode: its permissions.
            owner: `user` or `user:group`; empty leaves it to the writer.
            sudo: write as root.
            backup: keep the earlier content, once, as PATH.edgebook-before.
        """
        content = data.encode() if isinstance(data, str) else data
        return files.write(self._shell, path, content, mode=mode, owner=owner, sudo=sudo, backup=backup)

    def upload(
        self,
        local: Path | Payload,
        remote: str,
        *,
        mode: int = 0o644,
        sudo: bool = False,
        progress: Progress | None = None,
        pace: Pace | None = None,
    ) -> bool:
        """Send a large file, going on where an earlier try stopped; return False when it was there already.

        Its sum is checked on the host before it takes its name, and the folder is made where there is none.

        Args:
            local: the file, or bytes whose sum is known already and not taken again here.
            remote: from / or from the home folder.
            mode: its permissions.
            sudo: write as root.
            progress: called with the bytes that are there and the bytes in all.
            pace: a cap on the bytes a second, which other uploads may share.
        """
        with opened(local, self.name) as source:
            return Upload(self._shell, source, remote, mode=mode, sudo=sudo, progress=progress, pace=pace).run()

    def forget(self) -> None:
        """Drop the connection without asking the host, for one that was just rebooted; the next call connects."""
        self._shell.connection.close()

    def close(self) -> None:
        """Close the connection; a later call would connect again."""
        self.forget()
        if not self._shares_gates:
            self._gates.close()

    def _taken_apart(self, work: Round, reply: Reply) -> list[Completed]:
        parts = work.parts(reply.out, reply.err)
        shown = [mask(command) for command in work.commands]
        if len(parts) < len(shown):
            why = "more output than is kept" if reply.truncated else f"exit code {reply.code}"
            said = mask(shorten(reply.err.decode(errors="replace"))) or "no output"
            text = f"the round ended at command {len(parts) + 1} of {len(shown)}, `{shown[len(parts)]}`: {why}: {said}"
            raise CommandFailed(self.name, text)
        return [self._completed(line, part, reply.seconds) for line, part in zip(shown, parts, strict=True)]

    def _completed(self, shown: str, part: Part, seconds: float) -> Completed:
        out, err = (stream[:OUTPUT_LIMIT_BYTES].decode(errors="replace") for stream in (part.out, part.err))
        truncated = max(len(part.out), len(part.err)) > OUTPUT_LIMIT_BYTES
        return Completed(self.name, shown, part.code, out, err, seconds, truncated)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Host({self.name!r}, {self.target.user}@{self.target.address}:{self.target.port})"
