"""K3s as a service on one host: install it, start it, wait for its node, and say why it did not come.

Not a plan: these are the acts that `plan` puts into an order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from edgebook.errors import EdgebookError, HostError, StepFailed, WaitTimeout, shorten
from edgebook.k3s import tables
from edgebook.k3s.inspect import UNIT_PROPERTIES
from edgebook.records import Completed
from edgebook.secrets import mask
from edgebook.ssh import Host
from edgebook.waiting import Look, until

ETCD_LABEL = "node-role.kubernetes.io/etcd"
VOTER_SINCE = 22
"""The minor version from which nodes say whether they vote."""
INSTALL_TIMEOUT_S = 600.0
SHORT_S = 30.0
PATIENCE = 2
"""Restarts after which a final log line is believed: the first may be left over from a slow peer."""


def installer(
    version: str, role: str, *, bundle: bool, environment: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Return the installer's command and environment; it never starts the service, which `start` does."""
    env = {"INSTALL_K3S_EXEC": role, "INSTALL_K3S_SKIP_START": "true", **environment}
    env |= {"INSTALL_K3S_SKIP_DOWNLOAD": "true"} if bundle else {"INSTALL_K3S_VERSION": version}
    # A run that was killed leaves its installer running on the host: the lock lets the next one wait for it.
    return ["flock", tables.INSTALL_LOCK, "sh", tables.INSTALLER], env


def unit_name(role: str) -> str:
    """Return the service's name for a role."""
    return "k3s" if role == "server" else "k3s-agent"


def start(host: Host, role: str, *, timeout_s: float, verb: str = "start") -> str:
    """Start (or restart) K3s on a host and wait until its unit is up; return what was seen.

    The unit notifies systemd only when K3s is ready, and systemd would wait for ever: so the start is
    not waited for, the unit and its journal are watched instead.

    Raises:
        StepFailed: with the cause that K3s's own log names, as soon as it is certain.
    """
    unit = unit_name(role)
    since = host.run(["date", "+%s"], timeout_s=SHORT_S).check().out.strip()
    host.run(["systemctl", verb, "--no-block", unit], sudo=True, timeout_s=SHORT_S).check()
    hint = f"on {host.name}: journalctl -u {unit} -n 100"
    try:
        return until(
            lambda: _look(host, unit, since), what=f"{host.name}: {unit} to start", timeout_s=timeout_s, hint=hint
        )
    except WaitTimeout as exc:
        raise diagnosis(host, unit, since, exc) from exc


def _look(host: Host, unit: str, since: str) -> Look:
    show, log = host.run_all(
        [["systemctl", "show", unit, "-p", UNIT_PROPERTIES], _journal(unit, since)], sudo=True, timeout_s=SHORT_S
    )
    state = dict(line.split("=", 1) for line in show.out.splitlines() if "=" in line)
    active, restarts = state.get("ActiveState", "unknown"), int(state.get("NRestarts") or 0)
    found = match(log.out)
    if active != "active" and found and found[0].final and (restarts >= PATIENCE or active == "failed"):
        raise failure(host.name, unit, *found)
    return Look(active == "active", f"{unit} is {active}, {restarts} restarts; {shorten(mask(_last(log.out)))}")


def _journal(unit: str, since: str) -> list[str]:
    return ["journalctl", "-u", unit, "--since", f"@{since}", "--no-pager", "-o", "cat"]


def _last(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if "level=fatal" in line or "level=error" in line]
    return (telling or lines or [""])[-1]


def match(log: str) -> tuple[tables.Signature, str] | None:
    """Return the first known signature in a log, and the last line that shows it."""
    lines = log.splitlines()[-300:]
    for signature in tables.SIGNATURES:
        shown = [line for line in lines if re.search(signature.pattern, line)]
        if shown:
            return signature, shown[-1]
    return None


def failure(host: str, unit: str, signature: tables.Signature, line: str) -> StepFailed:
    """Return the error that names a cause, its log line and its remedy."""
    return StepFailed(
        f"{host}: {unit} does not start: {signature.cause} ({signature.id}): {shorten(mask(line))}", hint=signature.hint
    )


def diagnosis(host: Host, unit: str, since: str, error: WaitTimeout) -> EdgebookError:
    """Return the error that explains a time-out by the host's journal, or the time-out itself."""
    try:
        found = match(host.run(_journal(unit, since), sudo=True, timeout_s=SHORT_S).out)
    except HostError:
        return error
    return failure(host.name, unit, *found) if found else error


def kubectl(host: Host, *arguments: str, timeout_s: float = SHORT_S) -> Completed:
    """Run K3s's own kubectl on a server."""
    return host.run([tables.BINARY, "kubectl", *arguments], sudo=True, timeout_s=timeout_s)


def node(host: Host, name: str) -> Mapping[str, Any] | None:
    """Return a node as a server's API gives it, or None while there is none."""
    answer = kubectl(host, "get", "node", name, "-o", "json")
    read: Mapping[str, Any] | None = json.loads(answer.out) if answer.ok else None
    return read


def condition(node: Mapping[str, Any] | None, kind: str) -> str:
    """Return a node condition's status: `True`, `False`, `Unknown`, or nothing where it has none."""
    conditions = ((node or {}).get("status") or {}).get("conditions") or []
    return next((str(one["status"]) for one in conditions if one["type"] == kind), "")


def votes(node: Mapping[str, Any] | None) -> str:
    """Return whether a server's node is a voting member of etcd: `True`, `False`, or nothing where that is unknown.

    Releases before 1.22 have no condition for it: there a server's node is registered by the API that
    serves it, and that comes up only when etcd has made the member a voter (k3s pkg/etcd, pkg/server).
    """
    said = condition(node, "EtcdIsVoter")
    if said or node is None:
        return said
    version = re.match(r"v1\.(\d+)\.", node["status"]["nodeInfo"]["kubeletVersion"])
    earlier = version is not None and int(version[1]) < VOTER_SINCE
    return condition(node, "Ready") if earlier and ETCD_LABEL in node["metadata"].get("labels", {}) else ""


def wait_for_node(server: Host, name: str, *, voter: bool, timeout_s: float, since: float = 0.0) -> str:
    """Wait until a node is Ready, and a voting member of etcd where it is to be one; return its last state.

    Args:
        server: a host whose API is asked.
        name: the node.
        voter: whether it is to vote in etcd.
        timeout_s: when to give up, seconds.
        since: what its kubelet said before this moment (of that host's clock, seconds since 1970) does not
            count: a node stays Ready for 40 s without a kubelet, and a new kubelet begins as not Ready.
    """

    def look() -> Look:
        found = node(server, name)
        state = _state(found, voter=voter)
        return state if _heard(found) >= since else Look(done=False, seen=f"{state.seen}, said before the restart")

    hint = f"on a server: k3s kubectl describe node {name}"
    return until(look, what=f"node {name} to become Ready", timeout_s=timeout_s, hint=hint)


def wait_for_nodes(server: Host, wanted: Mapping[str, bool], *, timeout_s: float) -> str:
    """Wait until nodes are Ready, and voting members of etcd where `wanted` says so; one question asks for all."""

    def look() -> Look:
        answer = kubectl(server, "get", "nodes", "-o", "json")
        found = {one["metadata"]["name"]: one for one in json.loads(answer.out)["items"]} if answer.ok else {}
        states = {name: _state(found.get(name), voter=voter) for name, voter in wanted.items()}
        late = [f"{name}: {state.seen}" for name, state in states.items() if not state.done]
        return Look(not late, "; ".join(late) or f"{len(wanted)} nodes are Ready")

    return until(
        look, what="every node to become Ready", timeout_s=timeout_s, hint="on a server: k3s kubectl get nodes"
    )


def _heard(node: Mapping[str, Any] | None) -> float:
    """Return when the kubelet last wrote what it thinks of itself, which a new one does as it begins."""
    conditions = ((node or {}).get("status") or {}).get("conditions") or []
    ready = [one.get("lastHeartbeatTime") for one in conditions if one["type"] == "Ready"]
    return datetime.fromisoformat(ready[0]).timestamp() if ready and ready[0] else 0.0


def _state(node: Mapping[str, Any] | None, *, voter: bool) -> Look:
    ready, votes_now = condition(node, "Ready"), votes(node)
    said = f"Ready={ready or 'no node'}" + (f", EtcdIsVoter={votes_now or 'unset'}" if voter else "")
    return Look(ready == "True" and (not voter or votes_now == "True"), said)
