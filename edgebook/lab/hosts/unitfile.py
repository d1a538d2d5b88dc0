"""Unit files: what systemd reads from them.

Not the units' state; `units.py` and `service.py` hold that.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edgebook.lab.hosts.files import FileTree

FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/lib/systemd/system")
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "": 1.0}
DEFAULT_TIMEOUT_S = 90.0
DEFAULT_RESTART_S = 0.1
CONDITIONS: Mapping[str, Callable[[FileTree, str], bool]] = {
    "ConditionPathExists": lambda files, path: files.exists(path),
    "ConditionPathIsDirectory": lambda files, path: files.is_folder(path),
    "ConditionFileNotEmpty": lambda files, path: files.is_file(path) and files.stat(path).size > 0,
}
"""The Conditions that the practice hosts' units use, and what each wants of a path; `!` turns one round."""


@dataclass(frozen=True)
class Command:
    """One Exec line: the words, and whether a failure counts (`-` in front says it does not)."""

    words: tuple[str, ...]
    must_succeed: bool = True


@dataclass(frozen=True)
class UnitFile:
    """A unit as it is on the disk, with its drop-ins merged."""

    name: str
    path: str
    text: str
    settings: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    drop_ins: tuple[str, ...] = ()

    def one(self, section: str, key: str, default: str = "") -> str:
        """Return a setting; the last one written counts."""
        values = self.settings.get((section, key), ())
        return values[-1] if values else default

    def every(self, section: str, key: str) -> tuple[str, ...]:
        """Return all values of a setting that may be given more than once."""
        return self.settings.get((section, key), ())

    @property
    def stem(self) -> str:
        """The name without its suffix, `%N` in unit files."""
        return self.name.rpartition(".")[0]

    @property
    def title(self) -> str:
        """The description, or the name where there is none."""
        return self.one("Unit", "Description", self.name)

    @property
    def shown(self) -> str:
        """Name and description, as the journal of systemd 252 shows a unit."""
        return self.name if self.title == self.name else f"{self.name} - {self.title}"

    @property
    def type(self) -> str:
        """The service's Type."""
        default = "simple" if self.every("Service", "ExecStart") else "oneshot"
        return self.one("Service", "Type", default)

    @property
    def restart(self) -> str:
        """When to start it again: no, always, on-failure and so on."""
        return self.one("Service", "Restart", "no")

    @property
    def restart_s(self) -> float:
        """How long to wait before that."""
        return seconds(self.one("Service", "RestartSec"), DEFAULT_RESTART_S)

    @property
    def start_timeout_s(self) -> float:
        """How long a start may take; 0 is for ever, as it is for Type=oneshot unless said otherwise."""
        default = 0.0 if self.type == "oneshot" else DEFAULT_TIMEOUT_S
        return seconds(self.one("Service", "TimeoutStartSec", self.one("Service", "TimeoutSec")), default)

    @property
    def stop_timeout_s(self) -> float:
        """How long a stop may take before SIGKILL."""
        return seconds(self.one("Service", "TimeoutStopSec", self.one("Service", "TimeoutSec")), DEFAULT_TIMEOUT_S)

    @property
    def start_limit(self) -> tuple[int, float]:
        """How many starts within how many seconds are allowed; 0 seconds is without limit."""
        burst = self.one("Unit", "StartLimitBurst", "5")
        return int(burst), seconds(self.one("Unit", "StartLimitIntervalSec", "10"), 10.0)

    @property
    def remains(self) -> bool:
        """Whether the unit stays active after its processes ended."""
        if not self.name.endswith(".service"):
            return True
        return self.one("Service", "RemainAfterExit", "no").lower() in ("yes", "true", "1", "on")

    @property
    def at_once(self) -> bool:
        """Whether the unit is up as soon as its process is made, so that systemd never says `Starting`."""
        return self.type in ("simple", "idle") and not self.every("Service", "ExecStartPre")

    @property
    def bad(self) -> bool:
        """Whether systemd refuses the file: a service that runs nothing, or a program by a relative path."""
        if not self.name.endswith(".service"):
            return False
        programs = [value.lstrip("-@:+!").split()[0] for value in self.every("Service", "ExecStart")]
        return not programs or any("/" in name and not name.startswith("/") for name in programs)

    @property
    def wanted_by(self) -> tuple[str, ...]:
        """The units whose `.wants` folder an `enable` links it into."""
        return tuple(name for value in self.every("Install", "WantedBy") for name in value.split())

    def commands(self, key: str, env: Mapping[str, str]) -> list[Command]:
        """Return the Exec lines of one kind with specifiers and variables filled in."""
        return [_command(self._specified(value), env) for value in self.every("Service", key)]

    def unmet(self, files: FileTree) -> str:
        """Return the first Condition of the unit that does not hold, as written, or nothing."""
        for key, holds in CONDITIONS.items():
            for value in self.every("Unit", key):
                path = value.removeprefix("!")
                if holds(files, path) == value.startswith("!"):
                    return f"{key}={value}"
        return ""

    def environment(self, files: FileTree) -> dict[str, str]:
        """Collect Environment and EnvironmentFile; raise FileNotFoundError for one that must be there."""
        env: dict[str, str] = {}
        for value in self.every("Service", "Environment"):
            for word in shlex.split(self._specified(value)):
                name, _, content = word.partition("=")
                env[name] = content
        for value in self.every("Service", "EnvironmentFile"):
            path = self._specified(value)
            if path.startswith("-") and not files.is_file(path[1:]):
                continue
            env.update(assignments(files.text(path.removeprefix("-"))))
        return env

    def _specified(self, value: str) -> str:
        for mark, filled in (("%n", self.name), ("%N", self.stem), ("%p", self.stem.partition("@")[0]), ("%%", "%")):
            value = value.replace(mark, filled)
        return value


def find(files: FileTree, name: str) -> str:
    """Return the path of a unit's file, or nothing; /etc comes before /run and /lib."""
    paths = (f"{folder}/{name}" for folder in FOLDERS)
    return next((path for path in paths if files.exists(path, follow=False)), "")


def load(files: FileTree, name: str) -> UnitFile | None:
    """Read a unit's file and its drop-ins; None when there is none."""
    path = find(files, name)
    if not path or not files.is_file(path):
        return None
    drop_ins = _drop_ins(files, name)
    text = "\n".join([files.text(path), *map(files.text, drop_ins)])
    return UnitFile(name, path, text, parse(text), drop_ins)


def _drop_ins(files: FileTree, name: str) -> tuple[str, ...]:
    """Return the paths of a unit's drop-ins in the order of their names; one in /etc hides its namesakes."""
    found: dict[str, str] = {}
    for folder in reversed(FOLDERS):
        place = f"{folder}/{name}.d"
        names = files.listdir(place) if files.is_folder(place) else []
        found |= {extra: f"{place}/{extra}" for extra in names if extra.endswith(".conf")}
    return tuple(found[extra] for extra in sorted(found))


def parse(text: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Read sections, keys and values; an empty value takes back those before it."""
    settings: dict[tuple[str, str], tuple[str, ...]] = {}
    section = ""
    for line in map(str.strip, re.sub(r"\\\n", " ", text).splitlines()):
        if not line or line[0] in "#;":
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif "=" in line:
            key, _, value = line.partition("=")
            at = (section, key.strip())
            settings[at] = (*settings.get(at, ()), value.strip()) if value.strip() else ()
    return settings


def assignments(text: str) -> dict[str, str]:
    """Read the NAME=VALUE lines of an environment file."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith(("#", ";")):
            words = shlex.split(value) if value[:1] in ("'", '"') else [value.strip()]
            found[name.strip()] = words[0] if words else ""
    return found


def seconds(value: str, default: float) -> float:
    """Read a time span such as `5s`, `1min 30s`, `500ms` or `infinity` (0)."""
    if not value:
        return default
    if value == "infinity":
        return 0.0
    parts = re.findall(r"([\d.]+)\s*([a-z]*)", value)
    return sum(float(number) * SECONDS.get(unit, 1.0) for number, unit in parts)


def _command(value: str, env: Mapping[str, str]) -> Command:
    bare = value.lstrip("-@:+!")
    prefix = value[: len(value) - len(bare)]
    words: list[str] = []
    for word in shlex.split(bare):
        if re.fullmatch(r"\$\w+", word):
            words += env.get(word[1:], "").split()
        else:
            words.append(re.sub(r"\$\{(\w+)\}|\$\$", lambda found: env.get(found[1], "") if found[1] else "$", word))
    return Command(tuple(words), "-" not in prefix)
