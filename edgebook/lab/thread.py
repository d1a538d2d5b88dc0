"""A practice site in a thread of this process, for tests.

Not for people: `edgebook lab up` gives the site a process of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from edgebook.errors import LabError
from edgebook.lab.__main__ import run
from edgebook.lab.client import LabStatus, order
from edgebook.lab.serve import Lab
from edgebook.lab.world import EXTENSIONS, World, WorldSpec

READY_TIMEOUT_S = 30.0
JOIN_TIMEOUT_S = 10.0
ACT_TIMEOUT_S = 30.0
T = TypeVar("T")


class Running:
    """A site that runs in a thread: `folder` and `site_folder` as of any other, and a way into its world."""

    def __init__(self, lab: Lab, loop: asyncio.AbstractEventLoop) -> None:
        self.lab = lab
        self.folder = lab.folder
        self.site_folder = lab.site_folder
        self.loop = loop

    def do(self, act: Callable[[World], T]) -> T:
        """Call a function with the world, in the site's thread, and return what it returns."""

        async def there() -> T:
            return act(self.lab.world)

        return self.wait(lambda _: there())

    def wait(self, work: Callable[[World], Coroutine[Any, Any, T]], *, timeout_s: float = ACT_TIMEOUT_S) -> T:
        """Run a coroutine made from the world in the site's loop and return its result."""

        async def there() -> T:
            return await work(self.lab.world)

        return asyncio.run_coroutine_threadsafe(there(), self.loop).result(timeout_s)

    def status(self) -> LabStatus:
        """Say how the site is."""
        return order(self.folder, "status")

    def reset(self) -> LabStatus:
        """Begin again with a fresh world."""
        return order(self.folder, "reset")

    def break_(self, fault: str, target: str = "", **options: str | float) -> LabStatus:
        """Put a fault in."""
        return order(self.folder, "break", {"fault": fault, "target": target, "options": options})

    def heal(self, fault: str = "", target: str = "") -> LabStatus:
        """Take faults out."""
        return order(self.folder, "heal", {"fault": fault, "target": target})


class _Thread:
    """One thread, one loop, one ready event."""

    def __init__(self, folder: Path, make: Callable[[], Lab]) -> None:
        self._folder, self._make = folder, make
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._stopped: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="edgebook practice site", daemon=True)
        self.running: Running | None = None

    def start(self) -> Running:
        """Start the thread and wait until the site is ready."""
        self._thread.start()
        self._ready.wait(READY_TIMEOUT_S)
        if self.running is None:
            self._thread.join(JOIN_TIMEOUT_S)
            raise LabError(f"the practice site did not start: {self._error!r}") from self._error
        return self.running

    def stop(self) -> None:
        """Stop the site and wait for the thread, loudly when it does not end."""
        if self.running is not None and self._stopped is not None and self._thread.is_alive():
            self.running.loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(JOIN_TIMEOUT_S)
        if self._thread.is_alive():
            raise LabError(f"the practice site in {self._folder} did not end within {JOIN_TIMEOUT_S:g} s")
        if self._error is not None:
            raise LabError(f"the practice site failed: {self._error!r}") from self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as exc:  # noqa: BLE001 - handed to the thread that waits
            self._error = exc
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        await run(self._make(), ready=self._is_ready)

    def _is_ready(self, lab: Lab, stopped: asyncio.Event) -> None:
        self._stopped = stopped
        self.running = Running(lab, asyncio.get_running_loop())
        self._ready.set()


@contextmanager
def run_in_thread(
    folder: Path, *, fixed_clock: bool = False, extensions: Iterable[str] = EXTENSIONS, **options: Any
) -> Iterator[Running]:
    """Run a site in a thread; the options are those of `WorldSpec`, and the extensions those of `build`."""
    spec = WorldSpec(**options)
    thread = _Thread(folder, lambda: Lab(folder, spec, fixed_clock=fixed_clock, extensions=extensions))
    site = thread.start()
    try:
        yield site
    finally:
        thread.stop()
