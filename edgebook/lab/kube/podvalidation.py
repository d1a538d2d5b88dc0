"""What the API server refuses in pods and in templates of pods.

Not every rule there is: those a person's mistakes meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from edgebook.lab.kube.errors import (
    Cause,
    duplicate_value,
    forbidden_value,
    invalid_value,
    missing_value,
    required_value,
    unsupported_value,
)
from edgebook.lab.kube.quantities import amount
from edgebook.lab.kube.trees import Tree, clone, dig
from edgebook.lab.kube.words import LABEL, LABEL_WORDS

RESTARTS = ("Always", "OnFailure", "Never")
PULLS = ("Always", "IfNotPresent", "Never")
PROTOCOLS = ("SCTP", "TCP", "UDP")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
LAST_PORT = 65535
PORT_WORDS = "must be between 1 and 65535, inclusive"
CHANGEABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def causes(spec: Tree, where: str, *, restarts: Sequence[str] = RESTARTS) -> Iterator[Cause]:
    """Yield the mistakes of a pod's spec."""
    volumes = [str(volume.get("name", "")) for volume in spec.get("volumes") or []]
    yield from _volumes(volumes, where)
    if not spec.get("containers"):
        yield required_value(f"{where}.containers")
    for group in ("initContainers", "containers"):
        yield from _containers(spec.get(group) or [], f"{where}.{group}", volumes)
    policy = spec.get("restartPolicy", "Always")
    if policy not in restarts:
        yield unsupported_value(f"{where}.restartPolicy", policy, restarts)
    if spec.get("dnsPolicy", DNS_POLICIES[0]) not in DNS_POLICIES:
        yield unsupported_value(f"{where}.dnsPolicy", spec["dnsPolicy"], DNS_POLICIES)
    for index, toleration in enumerate(spec.get("tolerations") or []):
        yield from _toleration(toleration, f"{where}.tolerations[{index}]")


def _volumes(names: Sequence[str], where: str) -> Iterator[Cause]:
    for index, name in enumerate(names):
        place = f"{where}.volumes[{index}].name"
        if not name:
            yield required_value(place)
        elif not LABEL.fullmatch(name):
            yield invalid_value(place, name, LABEL_WORDS)
        elif name in names[:index]:
            yield duplicate_value(place, name)


def _containers(containers: Sequence[Tree], where: str, volumes: Sequence[str]) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, container in enumerate(containers):
        place, name = f"{where}[{index}]", str(container.get("name", ""))
        if not name:
            yield required_value(f"{place}.name")
        elif not LABEL.fullmatch(name):
            yield invalid_value(f"{place}.name", name, LABEL_WORDS)
        elif name in seen:
            yield duplicate_value(f"{place}.name", name)
        seen.add(name)
        if not container.get("image"):
            yield required_value(f"{place}.image")
        yield from _container(container, place, volumes)


def _container(container: Tree, place: str, volumes: Sequence[str]) -> Iterator[Cause]:
    pulled = container.get("imagePullPolicy", PULLS[0])
    if pulled not in PULLS:
        yield unsupported_value(f"{place}.imagePullPolicy", pulled, PULLS)
    for index, port in enumerate(container.get("ports") or []):
        yield from _port(port, f"{place}.ports[{index}]")
    for index, variable in enumerate(container.get("env") or []):
        name = str(variable.get("name", ""))
        if not name:
            yield required_value(f"{place}.env[{index}].name")
        elif not ENV_NAME.fullmatch(name):
            yield invalid_value(f"{place}.env[{index}].name", name, "a valid environment variable name must consist of "
                "alphabetic characters, digits, '_', '-', or '.', and must not start with a digit")  # fmt: skip
    for index, mount in enumerate(container.get("volumeMounts") or []):
        spot = f"{place}.volumeMounts[{index}]"
        if mount.get("name") not in volumes:
            yield missing_value(f"{spot}.name", mount.get("name", ""))
        if not mount.get("mountPath"):
            yield required_value(f"{spot}.mountPath")
    yield from _resources(container.get("resources") or {}, f"{place}.resources")


def _port(port: Tree, place: str) -> Iterator[Cause]:
    number = port.get("containerPort", 0)
    if not number:
        yield required_value(f"{place}.containerPort")
    elif not 0 < number <= LAST_PORT:
        yield invalid_value(f"{place}.containerPort", number, PORT_WORDS)
    if port.get("protocol", "TCP") not in PROTOCOLS:
        yield unsupported_value(f"{place}.protocol", port["protocol"], PROTOCOLS)


def _resources(resources: Tree, place: str) -> Iterator[Cause]:
    limits = resources.get("limits") or {}
    for name, wanted in (resources.get("requests") or {}).items():
        if name in limits and amount(wanted) > amount(limits[name]):
            words = f"must be less than or equal to {name} limit of {limits[name]}"
            yield invalid_value(f"{place}.requests", str(wanted), words)


def _toleration(toleration: Tree, place: str) -> Iterator[Cause]:
    operator = toleration.get("operator") or "Equal"
    if operator not in ("Equal", "Exists"):
        yield unsupported_value(f"{place}.operator", operator, ("Equal", "Exists"))
    if operator == "Exists" and toleration.get("value"):
        yield invalid_value(f"{place}.operator", toleration["value"], "value must be empty when `operator` is 'Exists'")
    if toleration.get("effect") and toleration["effect"] not in EFFECTS:
        yield unsupported_value(f"{place}.effect", toleration["effect"], EFFECTS)


def change_causes(old: Tree, new: Tree) -> Iterator[Cause]:
    """Yield what may not change of a pod that is there."""
    before, after = _fixed(dig(old, "spec", {})), _fixed(dig(new, "spec", {}))
    if before.get("nodeName") is None:
        # A binding, which is written as a change here.
        after.pop("nodeName", None)
    if before != after:
        yield forbidden_value("spec", CHANGEABLE)


def _fixed(spec: Tree) -> Tree:
    fixed: Tree = clone(spec)
    for name in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "ephemeralContainers",
                 "schedulingGates"):  # fmt: skip
        fixed.pop(name, None)
    for group in ("containers", "initContainers"):
        for container in fixed.get(group) or []:
            container.pop("image", None)
            container.pop("imagePullPolicy", None)
    return {key: value for key, value in fixed.items() if value not in ([], {}, None, "")}
