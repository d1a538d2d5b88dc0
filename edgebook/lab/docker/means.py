"""How faults are put in, mended and looked for: by scripts inside a host, and by Docker from outside.

Not the catalogue: `catalogue.py` has names, defaults and texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edgebook.errors import LabError, shorten
from edgebook.lab.catalogue import Options, Value
from edgebook.lab.docker import engine, machines
from edgebook.lab.docker.plan import HostPlan, LabPlan

SCRIPTS = Path(__file__).parent / "faults"
CALL = '\nset -eu\n"$1"\n'
REFUSED = 3
"""How a script ends that cannot do what was asked of it, with the reason on standard error."""
WIRE = Path(__file__).parent / "wire.py"
WIRE_STOP_S = 5
WIRE_READY_S = 15.0
SERVICES = {"server": "k3s", "agent": "k3s-agent", "edge": "edgecore"}
BROUGHT = "/usr/local/bin/k3s.brought"


@dataclass(frozen=True)
class Scene:
    """What a fault takes hold of: a lab, one of its hosts, and the options it was given."""

    fault: str
    plan: LabPlan
    host: HostPlan
    options: Options


class Means(Protocol):
    """A way to put a fault in, to mend it, and to see whether it is still there."""

    @property
    def outside(self) -> bool:
        """Whether it acts on the host as a whole, so that it is mended before what is inside the host."""

    def prepare(self, scene: Scene) -> dict[str, Value]:
        """Return options that follow from others, or raise `LabError`; nothing is changed yet."""

    def put(self, scene: Scene) -> None:
        """Put the fault in; again is as good as once."""

    def mend(self, scene: Scene) -> None:
        """Take the fault out; where somebody did so already, that is fine."""

    def broken(self, scene: Scene) -> bool:
        """Say whether the fault is there now."""


@dataclass(frozen=True)
class Script:
    """A script `ID.sh` with the functions put, mend and broken, run in the host as root."""

    outside: bool = False
    folder: Path = SCRIPTS
    units: Mapping[str, str] = field(default_factory=lambda: SERVICES)
    """The service of a host by its role."""

    def prepare(self, scene: Scene) -> dict[str, Value]:
        """Work out what an empty option means on this host."""
        if scene.fault == "unit-stopped" and not scene.options["unit"]:
            return {"unit": self.units[scene.host.role]}
        if scene.fault == "link-cut":
            return {"with": _other(scene).name}
        return {}

    def put(self, scene: Scene) -> None:
        """Run the script's `put`."""
        _script(self.folder, scene, "put")

    def mend(self, scene: Scene) -> None:
        """Run the script's `mend`."""
        _script(self.folder, scene, "mend")

    def broken(self, scene: Scene) -> bool:
        """Run the script's `broken`; a host that does not answer has kept what it had."""
        answer = _run(self.folder, scene, "broken")
        return answer.ok or "is not running" in answer.err or "is paused" in answer.err


@dataclass(frozen=True)
class BroughtProgram(Script):
    """A program of the user's, brought to the host before the script puts it in its place."""

    def prepare(self, scene: Scene) -> dict[str, Value]:
        """Look at the program: its digest tells it from the one that was there."""
        path = Path(str(scene.options["binary"])).expanduser()
        if not scene.options["binary"] or not path.is_file():
            raise LabError(
                "hosts in Docker run real programs: version-mismatch needs one of another version",
                hint="edgebook lab break version-mismatch -o binary=FILE",
            )
        return {"binary": str(path.resolve()), "digest": hashlib.sha256(path.read_bytes()).hexdigest()}

    def put(self, scene: Scene) -> None:
        """Bring the program, then run the script's `put`."""
        engine.call("cp", str(scene.options["binary"]), f"{scene.host.container}:{BROUGHT}")
        _script(self.folder, scene, "put")


@dataclass(frozen=True)
class Whole:
    """What faults of a whole host have in common."""

    outside: bool = True

    def prepare(self, _scene: Scene) -> dict[str, Value]:
        """Need no more options than were given."""
        return {}


@dataclass(frozen=True)
class PowerCut(Whole):
    """The container is killed. Its network goes silent before, so that peers hear no goodbye."""

    def put(self, scene: Scene) -> None:
        """Cut the power."""
        if not self.broken(scene):
            silent = "iptables -I INPUT -j DROP; iptables -I OUTPUT -j DROP"
            machines.inside(scene.host, "sh", "-c", silent)
            engine.call("kill", scene.host.container)

    def mend(self, scene: Scene) -> None:
        """Switch the host on, and wait until it has booted."""
        if self.broken(scene):
            machines.start([scene.host])

    def broken(self, scene: Scene) -> bool:
        """Say whether the host is off."""
        return _state(scene.host) not in machines.POWERED


@dataclass(frozen=True)
class Frozen(Whole):
    """All processes of the container are frozen; its network is the kernel's, and goes on."""

    def put(self, scene: Scene) -> None:
        """Freeze the host."""
        if not self.broken(scene):
            engine.call("pause", scene.host.container)

    def mend(self, scene: Scene) -> None:
        """Let the host go on."""
        if self.broken(scene):
            engine.call("unpause", scene.host.container)

    def broken(self, scene: Scene) -> bool:
        """Say whether the host stands still."""
        return _state(scene.host) == "paused"


@dataclass(frozen=True)
class SlowLink(Whole):
    """A helper container in the machine's network carries the host's packets: `wire.py`."""

    outside: bool = False

    def put(self, scene: Scene) -> None:
        """Put the wire in, and wait until it carries packets."""
        self.mend(scene)
        _checksums(scene.host, "off")
        half_ms, jitter_ms = (float(scene.options[name]) / 2 for name in ("rtt_ms", "jitter_ms"))
        helper = _helper(scene)
        words = ("carry", *_port(scene), "--delay-ms", str(half_ms), "--jitter-ms", str(jitter_ms))
        engine.call(*wire_command(scene.plan, helper, words))
        engine.call("cp", str(WIRE), f"{helper}:/wire.py")
        engine.call("start", helper)
        said = machines.until(lambda: _log(helper), lambda log: "ready" in log or not _runs(helper), WIRE_READY_S)
        if "ready" not in said:
            self.mend(scene)
            raise LabError(f"the slow wire cannot be put in: {shorten(said)}", hint="/dev/net/tun is needed")

    def mend(self, scene: Scene) -> None:
        """Take the wire out; one that was killed left the port outside of its bridge."""
        helper = _helper(scene)
        if not _state_of(helper):
            return
        engine.ask("stop", "--time", str(WIRE_STOP_S), helper)
        engine.call("rm", "--force", "--volumes", helper)
        if _state(scene.host) == "running":
            self._restore(scene, helper)
            _checksums(scene.host, "on")

    def _restore(self, scene: Scene, helper: str) -> None:
        engine.call(*wire_command(scene.plan, helper, ("restore", *_port(scene))))
        try:
            engine.call("cp", str(WIRE), f"{helper}:/wire.py")
            engine.call("start", "--attach", helper)
        finally:
            engine.call("rm", "--force", "--volumes", helper)

    def broken(self, scene: Scene) -> bool:
        """Say whether the wire runs."""
        return _runs(_helper(scene))


def wire_command(plan: LabPlan, helper: str, words: tuple[str, ...]) -> list[str]:
    """Return the words after `docker` that make the helper: only what the wire needs of the machine's network."""
    return [
        "create", "--name", helper, "--label", plan.label, "--network", "host",
        "--cap-add", "NET_ADMIN", "--device", "/dev/net/tun", "--entrypoint", "python3",
        plan.image, "/wire.py", *words,
    ]  # fmt: skip


def _script(folder: Path, scene: Scene, verb: str) -> None:
    answer = _run(folder, scene, verb)
    if answer.code == REFUSED:
        raise LabError(f"{scene.fault}: {answer.err.strip()}")
    if not answer.ok:
        raise LabError(f"{scene.fault} on {scene.host.name}: `{verb}` failed: {shorten(answer.err or answer.out)}")


def _run(folder: Path, scene: Scene, verb: str) -> engine.Answer:
    text = (folder / f"{scene.fault}.sh").read_text(encoding="utf-8") + CALL
    facts = [word for name, value in _facts(scene).items() for word in ("--env", f"{name}={value}")]
    return engine.ask("exec", "--interactive", *facts, scene.host.container, "sh", "-s", verb, stdin=text.encode())


def _facts(scene: Scene) -> Mapping[str, str]:
    """Return what a script may ask for: its options, whole numbers without a point, and the host's surroundings."""
    own = {name: f"{value:g}" if isinstance(value, float) else value for name, value in scene.options.items()}
    around = {"host": scene.host.name, "gateway": scene.plan.gateway, "brought": BROUGHT}
    if scene.fault == "link-cut":
        around["other"] = _other(scene).address
    if scene.fault == "clock-skew":
        around["shift_s"] = f"{float(scene.options['seconds']):+g}s"
    return {**own, **around}


def _other(scene: Scene) -> HostPlan:
    """Return the far end of a link: the one that was named, else the first other host."""
    others = {host.name: host for host in scene.plan.hosts() if host != scene.host}
    wanted = str(scene.options["with"]) or next(iter(others), "")
    if wanted not in others:
        raise LabError(f"{scene.fault}: {wanted or 'nobody'} is no other host here", hint=f"with={'|'.join(others)}")
    return others[wanted]


def _checksums(host: HostPlan, which: str) -> None:
    """Let the host count checksums itself, or not: between containers the kernel spares itself the work."""
    answer = machines.inside(host, "ethtool", "-K", "eth0", "tx", which)
    if not answer.ok:
        raise LabError(f"{host.name} cannot set its interface: {shorten(answer.err)}", hint="the image needs ethtool")


def _port(scene: Scene) -> tuple[str, ...]:
    answer = machines.inside(scene.host, "cat", "/sys/class/net/eth0/iflink")
    if not answer.ok:
        raise LabError(f"{scene.host.name} has no link: {shorten(answer.err)}")
    return ("--bridge", scene.plan.network, "--index", answer.out.strip())


def _helper(scene: Scene) -> str:
    return f"{scene.host.container}-wire"


def _state(host: HostPlan) -> str:
    return _state_of(host.container)


def _state_of(container: str) -> str:
    return engine.ask("inspect", "--type", "container", "--format", "{{.State.Status}}", container).out.strip()


def _runs(container: str) -> bool:
    return _state_of(container) == "running"


def _log(container: str) -> str:
    answer = engine.ask("logs", container)
    return (answer.out + answer.err).strip()
