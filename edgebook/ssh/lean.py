"""The lean import of paramiko: without `invoke`, which it takes for one rarely used line of ~/.ssh/config.

Not a change of what paramiko does: `Match exec` imports invoke when it is met. `edgebook.ssh` imports
this module before any other of its own.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


class Later:
    """Stands where paramiko.config has `invoke`, and imports it with its first use."""

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command as `invoke.run` does: the one thing that paramiko.config asks of it."""
        return importlib.import_module("invoke").run(*args, **kwargs)


def load() -> None:
    """Import paramiko; invoke with its YAML parser, asyncio and unittest is a quarter of the time of that."""
    if "paramiko" in sys.modules or "invoke" in sys.modules:
        return
    sys.modules["invoke"] = None  # type: ignore[assignment]  # importing it fails, which paramiko.config provides for
    try:
        config: Any = importlib.import_module("paramiko.config")
    finally:
        del sys.modules["invoke"]
    config.invoke = Later()


load()
