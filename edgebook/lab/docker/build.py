"""The ways to build the hosts' image: on `debian:12` where that can be had, else from Debian's packages.

Not the recipe: the folder `image/` is that, the same for every way.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from edgebook.errors import LabError, shorten
from edgebook.lab.docker import engine

BASE, SUITE = "debian:12", "bookworm"
PULL_TIMEOUT_S = 60.0
BUILD_TIMEOUT_S = 900.0
WORD_EVERY_S = 15.0
POLL_S = 0.1
END_S = 10.0
UNPACKED = ("prep.sh", "init.sh")
LEFT_OUT = ("man", "locale", "doc")
IMPORT = ("import", "--change", 'CMD ["/sbin/edge-init"]', "--change", "ENV container=docker", "-")
NO_WAY = f"the hosts' image cannot be built: {BASE} cannot be pulled, and there is no mmdebstrap or debootstrap"
Say = Callable[[str], None]
Command = Sequence[str]


@dataclass(frozen=True)
class Way:
    """A way to build, and how it is announced."""

    build: Callable[[str, Path, Say], None]
    words: str


def build(tag: str, recipe: Path, say: Say) -> None:
    """Build the image by the first way that this machine has."""
    way = choose()
    say(f"building the hosts' image {tag} {way.words}, once a week")
    began = time.monotonic()
    way.build(tag, recipe, say)
    say(f"built in {time.monotonic() - began:.0f} s")


def choose() -> Way:
    """Return the first way that this machine has; raise `LabError` where it has none."""
    if engine.ask("image", "inspect", BASE).ok or pull(BASE):
        return Way(on_base, f"on {BASE}: a minute")
    if shutil.which("mmdebstrap"):
        return Way(with_mmdebstrap, "with mmdebstrap: a minute or two")
    if shutil.which("debootstrap") and os.geteuid() == 0:
        return Way(with_debootstrap, "with debootstrap: two minutes or three")
    raise LabError(NO_WAY, hint="apt-get install mmdebstrap, or let Docker reach its registry")


def pull(image: str) -> bool:
    """Try to pull an image, for a bounded time."""
    with suppress(LabError):
        return engine.ask("pull", "--quiet", image, timeout_s=PULL_TIMEOUT_S).ok
    return False


def on_base(tag: str, recipe: Path, say: Say, *, base: str = BASE) -> None:
    """Build with `docker build` on an image of Debian."""
    _run([[engine.PROGRAM, "build", "--build-arg", f"BASE={base}", "--tag", tag, str(recipe)]], say)


def with_mmdebstrap(tag: str, recipe: Path, say: Say) -> None:
    """Build from Debian's packages; nothing is kept on disk between mmdebstrap and Docker."""
    _run([mmdebstrap_command(recipe), [engine.PROGRAM, *IMPORT, tag]], say)


def mmdebstrap_command(recipe: Path) -> list[str]:
    """Return the command that writes the root file system as a tar to standard output."""
    files = " ".join(f"'{recipe / name}'" for name in UNPACKED)
    leave_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT]
    return [
        "mmdebstrap", "--variant=minbase", f"--include={packages(recipe)}",
        '--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io", *leave_out,
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        f"--customize-hook=copy-in {files} /tmp",
        '--customize-hook=chroot "$1" sh /tmp/prep.sh',
        '--customize-hook=rm -f "$1/tmp/prep.sh" "$1/tmp/init.sh"',
        SUITE, "-",
    ]  # fmt: skip


def with_debootstrap(tag: str, recipe: Path, say: Say) -> None:
    """Build from Debian's packages the older way, in a temporary folder, as root."""
    with _scratch() as root:
        _run([["debootstrap", "--variant=minbase", f"--include={packages(recipe)}", SUITE, str(root)]], say)
        for name in UNPACKED:
            shutil.copy(recipe / name, root / "tmp" / name)
        _run([["chroot", str(root), "sh", "/tmp/prep.sh"]], say)  # noqa: S108 - inside the new root
        for name in UNPACKED:
            (root / "tmp" / name).unlink()
        _run([["tar", "-C", str(root), "--one-file-system", "-c", "."], [engine.PROGRAM, *IMPORT, tag]], say)


def packages(recipe: Path) -> str:
    """Return the packages of the recipe, as debootstrap wants them."""
    return ",".join((recipe / "packages.txt").read_text(encoding="ascii").split())


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="edgebook-host-") as folder:
        try:
            yield Path(folder)
        finally:
            for mounted in ("proc", "sys"):  # debootstrap leaves them mounted when it is ended early
                subprocess.run(["umount", "--lazy", f"{folder}/{mounted}"], check=False, capture_output=True)  # noqa: S607


def _run(chain: Sequence[Command], say: Say) -> None:
    """Run commands piped into one another to their end; end them all when this one is ended.

    Each has a session of its own: mmdebstrap kills its whole process group when it fails.
    """
    with tempfile.TemporaryFile() as log, _started(chain, log) as running:
        deadline, next_word_s = time.monotonic() + BUILD_TIMEOUT_S, time.monotonic() + WORD_EVERY_S
        while any(one.poll() is None for one in running):
            now = time.monotonic()
            if now > deadline:
                raise LabError(f"{chain[0][0]} has not ended within {BUILD_TIMEOUT_S:g} s: {_last_line(log)}")
            if now > next_word_s:
                next_word_s += WORD_EVERY_S
                say(f"  still at it: {_last_line(log)}")
            time.sleep(POLL_S)
        failed = [command[0] for command, one in zip(chain, running, strict=True) if one.returncode]
        if failed:
            raise LabError(f"{' and '.join(failed)} failed: {_last_line(log)}", hint="is Debian's mirror in reach?")


@contextmanager
def _started(chain: Sequence[Command], log: IO[bytes]) -> Iterator[list[subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []
    try:
        for at, command in enumerate(chain):
            last = at == len(chain) - 1
            source = running[-1].stdout if running else subprocess.DEVNULL
            sink = log if last else subprocess.PIPE
            running.append(_start(command, source, sink, log))
            if running[:-1] and running[-2].stdout:
                running[-2].stdout.close()  # the reader's copy is the only one left
        yield running
    finally:
        _end(running)


def _start(
    command: Command, source: IO[bytes] | int | None, sink: IO[bytes] | int, log: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdin=source, stdout=sink, stderr=log, start_new_session=True, env=engine.environment()
    )


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for one in running:
            if one.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(one.pid, number)
        for one in running:
            with suppress(subprocess.TimeoutExpired):
                one.wait(END_S)


def _last_line(log: IO[bytes]) -> str:
    said = os.pread(log.fileno(), 4096, max(0, os.fstat(log.fileno()).st_size - 4096)).decode(errors="replace")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return shorten(lines[-1]) if lines else "no output yet"
