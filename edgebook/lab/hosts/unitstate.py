"""The state of one unit of a practice host, in systemd's terms.

Not its life: `service.py` starts, watches and stops it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from edgebook.lab.hosts.mainprocess import Ending
from edgebook.lab.hosts.unitfile import UnitFile

if TYPE_CHECKING:
    from edgebook.lab.hosts.model import Host


class UnitState:
    """What `systemctl show` tells of a unit, and the words its changes leave in the journal.

    `active`, `sub`, `result`, `restarts`, `main_pid`, `ending` and `condition` are systemd's ActiveState,
    SubState, Result, NRestarts, MainPID, ExecMainCode and ExecMainStatus, ConditionResult.
    """

    def __init__(self, host: Host, name: str) -> None:
        self.host = host
        self.name = name
        self.file: UnitFile | None = None
        self.active = "inactive"
        self.sub = "dead"
        self.result = "success"
        self.restarts = 0
        self.main_pid = 0
        self.last_pid = 0
        self.ending: Ending | None = None
        self.condition = False
        self.changed_at: datetime | None = None
        self.active_at: datetime | None = None
        self.inactive_at: datetime | None = None
        self.main_at: datetime | None = None

    def _be(self, active: str, sub: str) -> None:
        now = self.host.now()
        self.active, self.sub, self.changed_at = active, sub, now
        if active == "active":
            self.active_at = now
        elif active in ("inactive", "failed"):
            self.inactive_at = now
            self.main_pid = 0

    def _note_end(self, ending: Ending) -> Ending:
        self.ending, self.main_pid = ending, 0
        if not ending.clean:
            self._say(f"{self.name}: Main process exited, {ending}", priority=5)
        return ending

    def _skipped(self, file: UnitFile) -> bool:
        """Say whether a Condition keeps the unit from being started, which is no failure."""
        unmet = file.unmet(self.host.files)
        self.condition = not unmet
        if unmet:
            self._be("inactive", "dead")
            self._say(f"{self._titled()} was skipped because of an unmet condition check ({unmet}).")
        return bool(unmet)

    def _say(self, message: str, *, priority: int = 6) -> None:
        self.host.journal.add(message, unit=self.name, priority=priority)

    def _titled(self) -> str:
        return self.file.shown if self.file is not None else self.name
