"""The life of a pod on its node: pulled, started, ready, ended, started again.

Not a container runtime: nothing runs. What a program would do is guessed from its command and image.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, clone, condition, dig, name_of, namespace_of

PULL_S, START_S, READY_S = 2.0, 3.0, 4.0
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 10.0, 300.0
ENDING_IMAGES = ("hello-world", "busybox", "alpine", "debian", "ubuntu", "bash")
"""Images whose own program ends at once when nobody is there to type."""

EXIT = re.compile(r"exit\s+(\d+)")
SLEEP = re.compile(r"sleep\s+(\d+(?:\.\d+)?|infinity)")
FOREVER_S = float("inf")
Pull = Callable[[str, str], str]
"""Node and image to what goes wrong, empty when the image comes."""


def nothing_wrong(_node: str, _image: str) -> str:
    """Let every image come."""
    return ""


@dataclass(frozen=True)
class Program:
    """How long a container runs, and how it ends."""

    runs_s: float = FOREVER_S
    code: int = 0


def program(container: Tree) -> Program:
    """Guess what a container does."""
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    if words:
        return _by_words(words)
    last = str(container.get("image", "")).rpartition("/")[2].partition(":")[0]
    return Program(0.0) if last in ENDING_IMAGES else Program()


def _by_words(words: Sequence[str]) -> Program:
    text = words[-1] if len(words) > 2 and words[1].startswith("-") and "c" in words[1] else shlex.join(words)  # noqa: PLR2004 - sh -c TEXT
    if "while true" in text or "tail -f" in text:
        return Program()
    pause, code = SLEEP.search(text), EXIT.search(text)
    runs_s = 0.0 if pause is None else FOREVER_S if pause[1] == "infinity" else float(pause[1])
    first = words[0].rpartition("/")[2]
    if code or first == "false":
        return Program(runs_s, int(code[1]) if code else 1)
    known = pause is not None or first in ("true", "echo", "date", "env", "sh", "bash", "expr", "perl")
    return Program(runs_s) if known else Program()


@dataclass
class Life:
    """What is known of one pod: since when it has its node, and when its program last started and how often."""

    bound: datetime
    started: datetime
    restarts: int = 0
    said: set[str] = field(default_factory=set)


@dataclass
class Containers:
    """Brings pods up and down as time goes by."""

    store: Store
    pull: Pull = nothing_wrong
    _lives: dict[str, Life] = field(default_factory=dict)
    _addresses: dict[str, int] = field(default_factory=dict)

    def step(self, pod: Tree) -> None:
        """Write how far a pod is now."""
        if dig(pod, "status.phase") in ("Succeeded", "Failed"):
            self._lives.pop(pod["metadata"]["uid"], None)
            return
        now, node = self.store.now(), str(dig(pod, "spec.nodeName"))
        life = self._lives.setdefault(pod["metadata"]["uid"], Life(now, now + timedelta(seconds=START_S)))
        missing = {item["image"]: self.pull(node, item["image"]) for item in pod["spec"]["containers"]}
        status = self._status(pod, life, now, {image: words for image, words in missing.items() if words})

        def change(fresh: Tree) -> None:
            fresh["status"] = {**fresh.get("status", {}), **status}

        self.store.modify("pods", name_of(pod), change, namespace_of(pod), "status")

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone."""
        self._lives.pop(uid, None)

    def _status(self, pod: Tree, life: Life, now: datetime, missing: dict[str, str]) -> Tree:
        self._restart(pod, life, now)
        age_s = (now - life.bound).total_seconds()
        items = pod["spec"]["containers"]
        states = [self._container(pod, item, life, now, missing.get(item["image"], "")) for item in items]
        phase, up = _phase(pod, states), not missing and age_s >= START_S
        ready = up and all(state["ready"] for state in states)
        found: Tree = {"phase": phase, "containerStatuses": states, "conditions": _conditions(pod, now, ready=ready)}
        found["startTime"] = dig(pod, "status.startTime", stamp(life.bound))
        if up:
            found["podIP"] = dig(pod, "status.podIP") or self._address(pod)
            found["podIPs"] = [{"ip": found["podIP"]}]
        node = self.store.find("nodes", str(dig(pod, "spec.nodeName"))) or {}
        for address in dig(node, "status.addresses", []):
            if address["type"] == "InternalIP":
                found |= {"hostIP": address["address"], "hostIPs": [{"ip": address["address"]}]}
        return found

    def _restart(self, pod: Tree, life: Life, now: datetime) -> None:
        """Start a program again that has ended and waited long enough."""
        policy, does = dig(pod, "spec.restartPolicy", "Always"), _longest(pod)
        again = policy == "Always" or (policy == "OnFailure" and does.code)
        wait_s = min(FIRST_BACKOFF_S * 2 ** max(0, life.restarts - 1), LONGEST_BACKOFF_S) if life.restarts else 1.0
        while again and does.runs_s != FOREVER_S and (now - life.started).total_seconds() >= does.runs_s + wait_s:
            life.restarts, life.started = life.restarts + 1, now
            wait_s = min(FIRST_BACKOFF_S * 2 ** (life.restarts - 1), LONGEST_BACKOFF_S)

    def _container(self, pod: Tree, item: Tree, life: Life, now: datetime, missing: str) -> Tree:
        shown: Tree = {"name": item["name"], "image": item["image"], "imageID": "", "restartCount": life.restarts}
        age_s, does = (now - life.bound).total_seconds(), program(item)
        if missing:
            return {**shown, "ready": False, "started": False, "state": self._unpulled(pod, item, life, age_s, missing)}
        if age_s < START_S:
            return {**shown, "ready": False, "started": False, "state": {"waiting": {"reason": "ContainerCreating"}}}
        self._say(pod, life, "Pulled", f'Container image "{item["image"]}" already present on machine')
        self._say(pod, life, "Created", f"Created container {item['name']}")
        self._say(pod, life, "Started", f"Started container {item['name']}")
        shown["imageID"] = f"docker.io/{item['image']}@sha256:{pod['metadata']['uid'].replace('-', '') * 2}"
        shown["containerID"] = f"containerd://{pod['metadata']['uid'].replace('-', '') * 2}"
        run_s = (now - life.started).total_seconds()
        if run_s < does.runs_s:
            ready = run_s >= READY_S - START_S + float(dig(item, "readinessProbe.initialDelaySeconds", 0))
            return {**shown, "ready": ready, "started": True, "state": {"running": {"startedAt": stamp(life.started)}}}
        return {**shown, "ready": False, "started": False, **self._ended(pod, life, does, now)}

    def _ended(self, pod: Tree, life: Life, does: Program, now: datetime) -> Tree:
        finished = min(now, life.started + timedelta(seconds=does.runs_s))
        reason = "Error" if does.code else "Completed"
        times = {"startedAt": stamp(life.started), "finishedAt": stamp(finished)}
        over = {"terminated": {"exitCode": does.code, "reason": reason, **times}}
        policy = dig(pod, "spec.restartPolicy", "Always")
        if policy == "Never" or (policy == "OnFailure" and not does.code) or not life.restarts:
            return {"state": over}
        wait_s = min(FIRST_BACKOFF_S * 2 ** (life.restarts - 1), LONGEST_BACKOFF_S)
        shown = f"{int(wait_s // 60)}m{int(wait_s % 60)}s" if wait_s >= 60 else f"{int(wait_s)}s"  # noqa: PLR2004 - a minute
        name = f"{name_of(pod)}_{namespace_of(pod)}({pod['metadata']['uid']})"
        words = f"back-off {shown} restarting failed container={pod['spec']['containers'][0]['name']} pod={name}"
        self._say(pod, life, "BackOff", f"Back-off {words.removeprefix('back-off ' + shown + ' ')}", sort="Warning")
        return {"state": {"waiting": {"reason": "CrashLoopBackOff", "message": words}}, "lastState": over}

    def _unpulled(self, pod: Tree, item: Tree, life: Life, age_s: float, missing: str) -> Tree:
        self._say(pod, life, "Pulling", f'Pulling image "{item["image"]}"')
        if age_s < PULL_S:
            return {"waiting": {"reason": "ContainerCreating"}}
        self._say(pod, life, "Failed", f'Failed to pull image "{item["image"]}": {missing}', sort="Warning")
        if age_s < PULL_S + FIRST_BACKOFF_S:
            return {"waiting": {"reason": "ErrImagePull", "message": missing}}
        self._say(pod, life, "BackOff", f'Back-off pulling image "{item["image"]}"')
        words = f'Back-off pulling image "{item["image"]}": ErrImagePull: {missing}'
        return {"waiting": {"reason": "ImagePullBackOff", "message": words}}

    def _say(self, pod: Tree, life: Life, reason: str, words: str, *, sort: str = "Normal") -> None:
        if words not in life.said:
            life.said.add(words)
            event(self.store, pod, reason, words, "kubelet", sort=sort, host=str(dig(pod, "spec.nodeName")))

    def _address(self, pod: Tree) -> str:
        node = self.store.find("nodes", str(dig(pod, "spec.nodeName"))) or {}
        network = str(dig(node, "spec.podCIDR", "10.42.255.0/24")).rpartition(".")[0]
        number = self._addresses[network] = self._addresses.get(network, 19) % 253 + 1
        return f"{network}.{number}"


def _longest(pod: Tree) -> Program:
    """Return the program whose end is the pod's, as far as restarts go."""
    return min((program(item) for item in pod["spec"]["containers"]), key=lambda found: (found.runs_s, -found.code))


def _phase(pod: Tree, states: list[Tree]) -> str:
    over = [state["state"].get("terminated") for state in states]
    policy = dig(pod, "spec.restartPolicy", "Always")
    codes = [item["exitCode"] for item in over if item]
    if len(codes) == len(states) and policy != "Always" and (policy == "Never" or not any(codes)):
        return "Failed" if any(codes) else "Succeeded"
    waits = [dig(state, "state.waiting.reason", "") for state in states]
    return "Pending" if any(words and words != "CrashLoopBackOff" for words in waits) else "Running"


def _conditions(pod: Tree, now: datetime, *, ready: bool) -> list[Tree]:
    wanted = {"PodReadyToStartContainers": True, "Initialized": True, "Ready": ready, "ContainersReady": ready}
    known = {item["type"]: clone(item) for item in dig(pod, "status.conditions", [])}
    for sort, on in {**wanted, "PodScheduled": True}.items():
        status = "True" if on else "False"
        if condition(pod, sort).get("status") != status:
            known[sort] = {"type": sort, "status": status, "lastProbeTime": None, "lastTransitionTime": stamp(now)}
            if not on:
                known[sort]["reason"] = "ContainersNotReady"
    return list(known.values())
