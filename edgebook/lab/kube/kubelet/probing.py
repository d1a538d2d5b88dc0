"""Probes: whether a container is started, alive and ready, in the kubelet's own rhythm and words.

Not what follows from it: `containers` restarts what is not alive. Rhythm and thresholds are those of
pkg/kubelet/prober in Kubernetes 1.31.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from edgebook.lab.kube.kubelet import script
from edgebook.lab.kube.kubelet.programs import SHELLS, Program
from edgebook.lab.kube.trees import Tree, dig

KINDS = {"startup": "startupProbe", "liveness": "livenessProbe", "readiness": "readinessProbe"}
FIRST_BAD_STATUS = 400
LONGEST_EXEC_STEPS = 200
NOTICED_S = 1.0
"""A prober waits until its kubelet has seen the container run."""
Say = Callable[[str, str], None]
"""Kind of probe and what came out, for the event."""


@dataclass
class Probe:
    """One probe of one run of a container. `passes` is its result once the threshold is reached."""

    kind: str
    spec: Tree
    passes: bool
    due_s: float
    _last: bool | None = None
    _run: int = 0

    def try_once(self, container: Tree, program: Program, age_s: float, address: str) -> str | None:
        """Probe once; return what failed, or None when it did not."""
        failure = outcome(self.spec, container, program, age_s, address)
        good = failure is None
        self._run = self._run + 1 if self._last is good else 1
        self._last = good
        threshold = int(self.spec.get("successThreshold" if good else "failureThreshold", 1 if good else 3))
        if self._run >= threshold:
            self.passes = good
        self.due_s += float(self.spec.get("periodSeconds", 10))
        return failure

    @property
    def has_failed(self) -> bool:
        """Whether failures have reached the threshold."""
        return self._last is False and self._run >= int(self.spec.get("failureThreshold", 3))


def probes(container: Tree) -> dict[str, Probe]:
    """Return the probes of a container that starts now: alive until it fails, ready once it succeeds."""
    found = {kind: container[name] for kind, name in KINDS.items() if isinstance(container.get(name), dict)}
    return {
        kind: Probe(kind, spec, kind == "liveness", max(NOTICED_S, float(spec.get("initialDelaySeconds", 0))))
        for kind, spec in found.items()
    }


def outcome(spec: Tree, container: Tree, program: Program, age_s: float, address: str) -> str | None:
    """Try one probe on a program of this age; return what failed, in the prober's words."""
    if "exec" in spec:
        return _exec(dig(spec, "exec.command", []), program, age_s)
    action = spec.get("httpGet") or spec.get("tcpSocket") or spec.get("grpc") or {}
    port, host = _port(action.get("port"), container), action.get("host") or address
    if not program.listens(port, age_s):
        refused = f"dial tcp {host}:{port}: connect: connection refused"
        return f'Get "{_url(action, host, port)}": {refused}' if "httpGet" in spec else refused
    if "httpGet" not in spec:
        return None
    status = program.page(str(action.get("path", "/")))
    return f"HTTP probe failed with statuscode: {status}" if status >= FIRST_BAD_STATUS else None


def _url(action: Tree, host: str, port: int) -> str:
    path = str(action.get("path", "/"))
    return f"{str(action.get('scheme', 'HTTP')).lower()}://{host}:{port}/{path.removeprefix('/')}"


def _port(wanted: object, container: Tree) -> int:
    if isinstance(wanted, int):
        return wanted
    named = {item.get("name"): int(item["containerPort"]) for item in container.get("ports") or ()}
    return named.get(str(wanted), int(str(wanted)) if str(wanted).isdigit() else 0)


def _exec(words: list[str], program: Program, age_s: float) -> str | None:
    """Run a command in the container: it sees the files the program has made by now."""
    files = _Files(program, age_s)
    run = script.Run(files=files)
    shell = bool(words) and words[0].rpartition("/")[2] in SHELLS
    text = words[-1] if shell else " ".join(f"'{word}'" if " " in word else word for word in words)
    steps = list(itertools.islice(run.play(text), LONGEST_EXEC_STEPS))
    if not steps or steps[-1].what != "end" or not steps[-1].code:
        return None
    return "".join(f"{step.text}\n" for step in steps if step.what == "print")


class _Files(set[str]):
    """The files of a running program, as one of its own commands would find them."""

    def __init__(self, program: Program, age_s: float) -> None:
        super().__init__()
        self._program, self._age_s = program, age_s

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self._program.has_file(str(name), self._age_s)
