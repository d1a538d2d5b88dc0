"""The process of a practice site: `python -m edgebook.lab DIR` runs until it is told to stop.

Not the command people type: `edgebook lab up` starts this in the background.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

from edgebook.lab.control import Control
from edgebook.lab.serve import Lab, registered
from edgebook.lab.world import WorldSpec

Ready = Callable[[Lab, asyncio.Event], None]


def _nobody_waits(_lab: Lab, _stopped: asyncio.Event) -> None:
    """Tell nobody that the site is ready."""


async def run(lab: Lab, *, ready: Ready = _nobody_waits) -> None:
    """Run a site until its `stopped` event is set; `ready` hears of it when everything is open."""
    token = secrets.token_urlsafe(32)
    await lab.start()
    control = Control(lab, token)
    try:
        await control.start()
        async with registered(lab, control.url, token):
            ready(lab, control.stopped)
            await control.stopped.wait()
    finally:
        await control.close()
        await lab.stop()


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m edgebook.lab", description="Run a practice site.")
    parser.add_argument("folder", type=Path)
    for group, count in (("servers", 3), ("agents", 2), ("edges", 2)):
        parser.add_argument(f"--{group}", type=int, default=count)
    parser.add_argument("--speed", type=float, default=20.0, help="how much faster the practice time passes")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--fixed-clock", action="store_true")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> None:
    """Run a practice site until SIGTERM, SIGINT or the order `down`."""
    args = parse(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    for noisy in ("asyncssh", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    args.folder.mkdir(parents=True, exist_ok=True)
    spec = WorldSpec(args.servers, args.agents, args.edges, speed=args.speed, seed=args.seed)

    def ready(lab: Lab, stopped: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        logging.getLogger("edgebook.lab").info("ready: %s", lab.site_folder)

    async def all_of_it() -> None:
        await run(Lab(args.folder, spec, fixed_clock=args.fixed_clock), ready=ready)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(all_of_it())


if __name__ == "__main__":
    main()
