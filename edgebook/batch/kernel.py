"""Kernels for headless runs: over sockets in a private folder, killed and cleaned up whatever happens.

Not for JupyterLab, which starts its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self, cast

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

ENGINE = "edgebook"
KERNEL = "python3"
START_TIMEOUT_S = 60.0
IOPUB_TIMEOUT_S = 60.0
"""How long a cell's last outputs may lag behind its end; nbclient's 4 s fail chatty cells on a busy machine."""
CLIENT_OPTIONS = {
    "timeout": None,  # a step knows how long it may take; the engine does not
    "iopub_timeout": int(IOPUB_TIMEOUT_S),
    "coalesce_streams": True,
    "shutdown_kernel": "immediate",
}
CANCEL_GRACE_S = 3.0
"""How long a cancelled kernel may take to close its journal and let go of the site."""
SHORT_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108  # the folder made inside is private (0700)
POLL_S = 0.05


class KernelSession:
    """One kernel to be: its folder, its process once it runs, and the notebook it works on.

    Used as a context manager. `cancel` may be called from any thread, before or while it runs.
    """

    def __init__(self, folder: Path) -> None:
        self.env: dict[str, str] = {}
        self.folder = folder
        self.notebook: NotebookNode | None = None
        self.cancelled = threading.Event()
        self._home: Path | None = None
        self._manager: AsyncKernelManager | None = None

    def __enter__(self) -> Self:
        # A UNIX socket's path holds 104 bytes at most on some systems, so $TMPDIR is the last choice.
        short = next((name for name in SHORT_FOLDERS if os.access(name, os.W_OK)), None)
        self._home = Path(tempfile.mkdtemp(prefix="edgebook-", dir=short))
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)

    @property
    def home(self) -> Path:
        """The session's private folder; there from entering to leaving it."""
        if self._home is None:
            raise FileNotFoundError("the kernel's session is not open")
        return self._home

    def manager(self) -> AsyncKernelManager:
        """Make the kernel's manager: UNIX sockets, because TCP ports collide between processes."""
        manager = AsyncKernelManager(
            kernel_name=KERNEL, transport="ipc", ip=str(self.home / "k"), connection_file=str(self.home / "kernel.json")
        )
        self._manager = manager
        return manager

    def environment(self) -> dict[str, str]:
        """Return the whole environment of the kernel; no IPython profile of the user takes part."""
        quiet = {"IPYTHONDIR": str(self.home), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        return {name: value for name, value in {**os.environ, **quiet, **self.env}.items() if value}

    def cell(self) -> int:
        """Return the number of the code cell that was run last, from 1; 0 before the first."""
        cells = self.notebook.cells if self.notebook is not None else []
        code = [cell for cell in cells if cell.cell_type == "code"]
        return sum(bool(cell.metadata.get("papermill", {}).get("start_time")) for cell in code)

    def go_on(self) -> None:
        """Raise when the run was cancelled: the kernel may have started after the signal was sent."""
        if self.cancelled.is_set():
            raise DeadKernelError("cancelled")

    def cancel(self) -> None:
        """Interrupt the kernel, give it a moment to let go of the site, then kill it."""
        self.cancelled.set()
        self._signal(signal.SIGINT)
        deadline = time.monotonic() + CANCEL_GRACE_S
        while self._alive() and time.monotonic() < deadline:
            time.sleep(POLL_S)
        self._kill()

    def _kill(self) -> None:
        if self._alive():
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        pid = self._pid()
        if pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, number)  # the kernel leads its own process group

    def _alive(self) -> bool:
        process = getattr(getattr(self._manager, "provisioner", None), "process", None)
        return process is not None and process.poll() is None

    def _pid(self) -> int:
        return int(getattr(getattr(self._manager, "provisioner", None), "pid", None) or 0) if self._alive() else 0


class KernelEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """papermill's own engine, with an environment, a folder and sockets for each run.

    papermill's `cwd` changes the folder of the whole process, which threads share.
    """

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        session: KernelSession,
        start_timeout: float = START_TIMEOUT_S,
        **_: Any,  # papermill's defaults for what this engine decides itself
    ) -> NotebookNode:
        """Run the cells in a fresh kernel; the session keeps the notebook even when the kernel dies."""
        session.notebook = nb_man.nb
        options = {"startup_timeout": int(start_timeout), "kernel_name": kernel_name, **CLIENT_OPTIONS}
        go_on = {"on_cell_start": lambda **_: session.go_on()}
        client = PapermillNotebookClient(nb_man, km=session.manager(), **options, **go_on)
        try:
            return cast(
                "NotebookNode", client.execute(env=session.environment(), cwd=str(session.folder), cleanup_kc=True)
            )
        finally:
            ensure_event_loop().close()  # the loop jupyter_core made for this thread, which it never closes


papermill_engines.register(ENGINE, KernelEngine)
