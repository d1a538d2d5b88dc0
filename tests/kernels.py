"""A kernel with somebody in front of it, for tests of what only shows there; nothing here is a test."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

START_TIMEOUT_S = 60
CELL_TIMEOUT_S = 60


@dataclass
class Shown:
    """What one cell sent: messages in order, and how it ended."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: str = ""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of one kind."""
        return [content for name, content in self.messages if name == kind]


class Kernel:
    """Runs cells as JupyterLab does (`asks=True`) or as a headless runner does."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def run(self, code: str, *, asks: bool = True) -> Shown:
        """Run a cell and collect what it shows."""
        shown = Shown()

        def keep(message: dict[str, Any]) -> None:
            shown.messages.append((message["header"]["msg_type"], message["content"]))

        reply = self._client.execute_interactive(code, allow_stdin=asks, timeout=CELL_TIMEOUT_S, output_hook=keep)
        shown.status = reply["content"]["status"]
        return shown


@contextlib.contextmanager
def kernel(folder: Path) -> Iterator[Kernel]:
    """Start a kernel that works in a folder; sockets, because TCP ports collide."""
    home = Path(tempfile.mkdtemp(prefix="edgebook-"))
    manager = KernelManager(
        kernel_name="python3", transport="ipc", ip=str(home / "k"), connection_file=str(home / "c.json")
    )
    root = str(Path(__file__).parents[1])
    manager.start_kernel(cwd=str(folder), env={**os.environ, "PYTHONPATH": root, "IPYTHONDIR": str(home)})
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=START_TIMEOUT_S)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy(linger=0)
        shutil.rmtree(home, ignore_errors=True)
