"""The properties of a unit, as `systemctl show` names, orders and prints them.

Not the unit: `units.py` and `service.py` know how it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from edgebook.lab.hosts.service import Service
from edgebook.lab.hosts.unitfile import UnitFile

MISSING = 'org.freedesktop.systemd1.NoSuchUnit "Unit {name} not found."'


@dataclass(frozen=True)
class Known:
    """What is known of a unit; `file` is None where there is none, or it is masked."""

    name: str
    service: Service
    file: UnitFile | None
    load_state: str
    enabled: str
    stale: bool = False
    wanted_by: tuple[str, ...] = field(default=())

    def setting(self, key: str, default: str = "") -> str:
        """Return a setting of the file's section [Service]."""
        return self.file.one("Service", key, default) if self.file else default


def properties(known: Known) -> dict[str, str]:
    """Return the properties in systemd's own order, which no option of systemctl changes."""
    return {name: tell(known) for name, tell in TOLD.items()}


def span(seconds: float) -> str:
    """Write a time span as systemd does: `100ms`, `5s`, `1min 30s`; 0 is `infinity`."""
    if not seconds:
        return "infinity"
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    hours, left = divmod(round(seconds, 6), 3600)
    minutes, rest = divmod(left, 60)
    shown = f"{rest:.6f}s" if rest % 1 else f"{rest:.0f}s"
    parts = [f"{hours:.0f}h" if hours else "", f"{minutes:.0f}min" if minutes else "", shown if rest else ""]
    return " ".join(part for part in parts if part)


def _of_file(tell: Callable[[UnitFile], str], otherwise: str) -> Callable[[Known], str]:
    return lambda known: tell(known.file) if known.file else otherwise


def _stamp(when: Callable[[Service], datetime | None]) -> Callable[[Known], str]:
    def tell(known: Known) -> str:
        moment = when(known.service)
        return moment.strftime("%a %Y-%m-%d %H:%M:%S UTC") if moment else ""

    return tell


def _code(known: Known) -> str:
    """Say how the main process ended: 1 is CLD_EXITED, 2 CLD_KILLED, 0 that it did not."""
    ending = known.service.ending
    return "0" if ending is None else "2" if ending.signal else "1"


def _status(known: Known) -> str:
    ending = known.service.ending
    return "0" if ending is None else str(ending.signal or ending.status)


TOLD: dict[str, Callable[[Known], str]] = {
    "Type": _of_file(lambda file: file.type, ""),
    "Restart": lambda known: known.setting("Restart", "no"),
    "RestartUSec": _of_file(lambda file: span(file.restart_s), "100ms"),
    "TimeoutStartUSec": _of_file(lambda file: span(file.start_timeout_s), "1min 30s"),
    "TimeoutStopUSec": _of_file(lambda file: span(file.stop_timeout_s), "1min 30s"),
    "RemainAfterExit": _of_file(lambda file: "yes" if file.remains else "no", "no"),
    "MainPID": lambda known: str(known.service.main_pid),
    "ControlPID": lambda _: "0",
    "StatusErrno": lambda _: "0",
    "Result": lambda known: known.service.result,
    "NRestarts": lambda known: str(known.service.restarts),
    "ExecMainStartTimestamp": _stamp(lambda service: service.main_at),
    "ExecMainPID": lambda known: str(known.service.last_pid),
    "ExecMainCode": _code,
    "ExecMainStatus": _status,
    "Environment": _of_file(lambda file: " ".join(file.every("Service", "Environment")), ""),
    "KillMode": lambda known: known.setting("KillMode", "control-group"),
    "Id": lambda known: known.name,
    "Names": lambda known: known.name,
    "WantedBy": lambda known: " ".join(known.wanted_by),
    "Description": lambda known: known.file.title if known.file else known.name,
    "LoadState": lambda known: known.load_state,
    "ActiveState": lambda known: known.service.active,
    "SubState": lambda known: known.service.sub,
    "FragmentPath": _of_file(lambda file: file.path, ""),
    "DropInPaths": _of_file(lambda file: " ".join(file.drop_ins), ""),
    "UnitFileState": lambda known: known.enabled,
    "UnitFilePreset": _of_file(lambda _: "enabled", ""),
    "StateChangeTimestamp": _stamp(lambda service: service.changed_at),
    "ActiveEnterTimestamp": _stamp(lambda service: service.active_at),
    "InactiveEnterTimestamp": _stamp(lambda service: service.inactive_at),
    "NeedDaemonReload": lambda known: "yes" if known.stale else "no",
    "ConditionResult": lambda known: "yes" if known.service.condition else "no",
    "LoadError": lambda known: MISSING.format(name=known.name) if known.load_state == "not-found" else "",
}
