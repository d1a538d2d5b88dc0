"""A fleet: the same act on many hosts at once, where one host's failure is data.

Not an inventory: it holds the hosts it was given, in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from edgebook.errors import EdgebookError
from edgebook.records import Completed, Results, SshTarget
from edgebook.ssh.connection import Gates
from edgebook.ssh.host import Host
from edgebook.ssh.shell import COMMAND_TIMEOUT_S

T = TypeVar("T")
AT_ONCE = 10


class Fleet:
    """Hosts by name, used by at most `limit` threads at once; jump hosts are connected to once."""

    def __init__(self, targets: Iterable[SshTarget], *, limit: int = AT_ONCE, retries: int = 2) -> None:
        self._gates = Gates(retries=retries)
        self._hosts: dict[str, Host] = {}
        self._limit = limit
        for target in targets:
            if target.name in self._hosts:
                raise ValueError(f"two hosts are called {target.name}")
            self._hosts[target.name] = Host(target, retries=retries, gates=self._gates)

    def __getitem__(self, name: str) -> Host:
        try:
            return self._hosts[name]
        except KeyError:
            raise KeyError(f"no host is called {name!r}; there are {', '.join(self._hosts) or 'none'}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)

    def each(self, act: Callable[[Host], T], *, hosts: Iterable[str] | None = None) -> Results[T]:
        """Call a function with every host, or with some, and return what it returned for each.

        An `EdgebookError` stands in its host's place. Any other error is a mistake in `act`, and is raised.
        """
        wanted = set(self if hosts is None else (self[name].name for name in hosts))
        names = [name for name in self if name in wanted]
        pool = ThreadPoolExecutor(max_workers=max(1, min(self._limit, len(names))), thread_name_prefix="edgebook-fleet")
        try:
            waiting = {name: pool.submit(_captured, act, self[name]) for name in names}
            return Results({name: future.result() for name, future in waiting.items()})
        except BaseException:
            # Ctrl-C, or a mistake in `act`: what other threads wait for ends with its connection.
            self.close()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def run(
        self,
        argv: Sequence[str],
        *,
        hosts: Iterable[str] | None = None,
        sudo: bool = False,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout_s: float = COMMAND_TIMEOUT_S,
    ) -> Results[Completed]:
        """Run one command on every host, or on some."""
        return self.each(lambda host: host.run(argv, sudo=sudo, stdin=stdin, env=env, timeout_s=timeout_s), hosts=hosts)

    def close(self) -> None:
        """Close every connection."""
        for host in self._hosts.values():
            host.close()
        self._gates.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Fleet({', '.join(self._hosts)})"


def _captured(act: Callable[[Host], T], host: Host) -> T | EdgebookError:
    try:
        return act(host)
    except EdgebookError as error:
        return error
