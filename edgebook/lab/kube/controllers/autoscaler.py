"""Horizontal autoscalers: so many replicas as their metrics ask for, within their limits, and not at every whim.

Not the metrics; `loads` asks those.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.loads import Unmeasured, Voice, voice
from edgebook.lab.kube.controllers.owned import conditions, report
from edgebook.lab.kube.selectors import object_test
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import stamp
from edgebook.lab.kube.trees import Tree, dig, name_of, namespace_of

NAME = "horizontal-pod-autoscaler"
PERIOD_S, WINDOW_S = 15.0, 300
"""How often an autoscaler looks, and how long it remembers before it takes replicas away; the controller's flags."""

FASTEST, LEAST_UP = 2, 4
"""Without a behavior of its own it at most doubles, or goes to four; horizontal.go, scaleUpLimitFactor."""

HEAD = "the HPA controller was "
GOT = ("AbleToScale", "True", "SucceededGetScale", f"{HEAD}able to get the target's current scale")
DISABLED = ("ScalingActive", "False", "ScalingDisabled",
            "scaling is disabled since the replica count of the target is zero")  # fmt: skip
READY = ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
WITHIN = ("DesiredWithinRange", "the desired count is within the acceptable range")
TOO_MANY = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
TOO_FAST = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
TOO_SOON = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")
RECENT = "recent recommendations were {} than current one, applying the {} recent recommendation"
HELD_DOWN = ("ScaleUpStabilized", RECENT.format("lower", "lowest"))
HELD_UP = ("ScaleDownStabilized", RECENT.format("higher", "highest"))
UP_POLICIES = [
    {"type": "Percent", "value": 100, "periodSeconds": 15},
    {"type": "Pods", "value": 4, "periodSeconds": 15},
]
DOWN_POLICIES = [{"type": "Percent", "value": 100, "periodSeconds": 15}]
Mark = tuple[str, str, str, str]


@dataclass
class Past:
    """What one autoscaler has seen: when it looked, what it would have done, and what it did."""

    looked_at: datetime | None = None
    asked: list[tuple[datetime, int]] = field(default_factory=list)
    moved: list[tuple[datetime, int]] = field(default_factory=list)

    def since(self, now: datetime, seconds: float) -> list[int]:
        """Return what was asked for lately."""
        return [count for when, count in self.asked if (now - when).total_seconds() < seconds]

    def change(self, now: datetime, seconds: float) -> int:
        """Return how many replicas came, less those that went, lately."""
        return sum(count for when, count in self.moved if (now - when).total_seconds() < seconds)

    def note(self, now: datetime, count: int) -> None:
        """Remember what was asked for, for an hour at most; no window may be longer."""
        self.asked = [item for item in self.asked if now - item[0] < timedelta(hours=1)] + [(now, count)]
        self.moved = [item for item in self.moved if now - item[0] < timedelta(hours=1)]


@dataclass
class Autoscalers:
    """The autoscalers of one cluster."""

    store: Store
    _past: dict[str, Past] = field(default_factory=dict)

    def sync(self, store: Store, obj: Tree) -> None:
        """Look at one, when it is time."""
        past = self._past.setdefault(obj["metadata"]["uid"], Past())
        now, observed = store.now(), dig(obj, "status.observedGeneration")
        soon = past.looked_at is not None and (now - past.looked_at).total_seconds() < PERIOD_S
        if soon and observed == dig(obj, "metadata.generation", 1):
            return
        past.looked_at = now
        _Look(store, obj, past, now).run()


@dataclass
class _Look:
    """One look at one autoscaler."""

    store: Store
    obj: Tree
    past: Past
    now: datetime
    marks: list[Mark] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)

    def run(self) -> None:
        target = self._target()
        if target is None:
            self._report(
                int(dig(self.obj, "status.currentReplicas", 0)), int(dig(self.obj, "status.desiredReplicas", 0))
            )
            return
        self.marks.append(GOT)
        current = int(dig(target, "spec.replicas", 0))
        wanted, why = self._wanted(target, current)
        if wanted is None:
            self._report(int(dig(target, "status.replicas", current)), int(dig(self.obj, "status.desiredReplicas", 0)))
            return
        if wanted != current:
            self._scale(target, wanted, why)
            self.past.moved.append((self.now, wanted - current))
        self._report(int(dig(target, "status.replicas", current)), wanted, moved=wanted != current)

    def _target(self) -> Tree | None:
        reference = self.obj["spec"]["scaleTargetRef"]
        kind = self.store.registry.of(str(reference.get("apiVersion", "")), str(reference["kind"]))
        item = self.store.item(kind, reference["name"], namespace_of(self.obj)) if kind else None
        if item is not None:
            return item.obj
        group = str(reference.get("apiVersion", "")).rpartition("/")[0]
        words = f'no matches for kind "{reference["kind"]}" in group "{group}"'
        if kind is not None:
            scale = kind.resource.replace(kind.plural, f"{kind.plural}/scale", 1)
            words = f'{scale} "{reference["name"]}" not found'
        event(self.store, self.obj, "FailedGetScale", words, NAME, sort="Warning")
        self.marks.append(
            ("AbleToScale", "False", "FailedGetScale", f"{HEAD}unable to get the target's current scale: {words}")
        )
        return None

    def _wanted(self, target: Tree, current: int) -> tuple[int | None, str]:
        """Return how many replicas there should be, and why."""
        spec = self.obj["spec"]
        least, most = int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])
        if not self.past.asked:
            self.past.note(self.now, current)
        if current == 0 and least:
            self.marks.append(DISABLED)
            return 0, ""
        if current > most:
            return most, "Current number of replicas above Spec.MaxReplicas"
        if current < least:
            return least, "Current number of replicas below Spec.MinReplicas"
        asked = self._ask(target, current)
        if asked is None:
            return None, ""
        why = f"{asked.name} above target" if asked.replicas > current else "All metrics below target"
        return self._limited(asked.replicas, current, least, most), why

    def _ask(self, target: Tree, current: int) -> Voice | None:
        """Ask all metrics; the one that wants most is heard."""
        selector = dig(target, "spec.selector")
        selector = {"matchLabels": selector} if target["kind"] == "ReplicationController" else selector
        test = object_test(selector)
        pods = [
            item.obj for item in self.store.items(self.store.scope("pods", namespace_of(self.obj))) if test(item.obj)
        ]
        wrong: list[Unmeasured] = []
        metrics = self.obj["spec"].get("metrics") or []
        for metric in metrics:
            try:
                self.voices.append(voice(metric, pods, current))
            except Unmeasured as error:
                event(self.store, self.obj, error.reason, error.words, NAME, sort="Warning")
                wrong.append(error)
        best = max(self.voices, key=lambda item: item.replicas, default=None)
        if wrong and (best is None or best.replicas < current):
            self._unmeasured(wrong, len(metrics))
            return None
        if best is not None:
            words = f"the HPA was able to successfully calculate a replica count from {best.name}"
            self.marks.append(("ScalingActive", "True", "ValidMetricFound", words))
        return best

    def _unmeasured(self, wrong: list[Unmeasured], total: int) -> None:
        words = f"the HPA was unable to compute the replica count: {wrong[0].words}"
        self.marks.append(("ScalingActive", "False", wrong[0].reason, words))
        told = f"invalid metrics ({len(wrong)} invalid out of {total}), first error is: {wrong[0].total}"
        event(self.store, self.obj, "FailedComputeMetricsReplicas", told, NAME, sort="Warning")

    def _limited(self, asked: int, current: int, least: int, most: int) -> int:
        """Hold a wish against what was asked lately, against the pace, and against the limits."""
        behavior = dig(self.obj, "spec.behavior")
        held, why = self._held(asked, current, behavior or {})
        self.marks.append(READY if held == asked else ("AbleToScale", "True", *why))
        self.past.note(self.now, asked)
        top = self._top(current, behavior)
        bottom = self._bottom(current, behavior)
        wanted, words = held, WITHIN
        if held > min(most, top):
            wanted, words = min(most, top), TOO_FAST if most > top else TOO_MANY
        elif held < max(least, bottom):
            wanted, words = max(least, bottom), TOO_SOON if least < bottom else TOO_FEW
        self.marks.append(("ScalingLimited", "False" if wanted == held else "True", *words))
        return wanted

    def _held(self, asked: int, current: int, behavior: Tree) -> tuple[int, tuple[str, str]]:
        up_s = int(dig(behavior, "scaleUp.stabilizationWindowSeconds", 0))
        down_s = int(dig(behavior, "scaleDown.stabilizationWindowSeconds", WINDOW_S))
        lowest = min([asked, *self.past.since(self.now, up_s)])
        highest = max([asked, *self.past.since(self.now, down_s)])
        held = min(max(current, lowest), highest) if behavior else highest
        return held, HELD_DOWN if asked >= current and behavior else HELD_UP

    def _top(self, current: int, behavior: Tree | None) -> int:
        if not behavior:
            return max(FASTEST * current, LEAST_UP)
        rules = behavior.get("scaleUp") or {}
        return max(current, self._pace(rules, current, rules.get("policies") or UP_POLICIES, 1))

    def _bottom(self, current: int, behavior: Tree | None) -> int:
        if not behavior:
            return 0
        rules = behavior.get("scaleDown") or {}
        return min(current, self._pace(rules, current, rules.get("policies") or DOWN_POLICIES, -1))

    def _pace(self, rules: Tree, current: int, policies: list[Tree], sign: int) -> int:
        """Return how far the policies let the count go from where it was when their period began."""
        if rules.get("selectPolicy") == "Disabled":
            return current
        found = []
        for policy in policies:
            start = current - self.past.change(self.now, policy["periodSeconds"])
            if policy["type"] == "Pods":
                found.append(start + sign * policy["value"])
            else:
                exact = start * (1 + sign * policy["value"] / 100)
                found.append(math.ceil(exact) if sign > 0 else int(exact))
        choose: Callable[[list[int]], int] = max if (rules.get("selectPolicy", "Max") == "Max") is (sign > 0) else min
        return choose(found)

    def _scale(self, target: Tree, wanted: int, why: str) -> None:
        kind = self.store.registry.of(str(target["apiVersion"]), str(target["kind"]))
        assert kind is not None  # noqa: S101 - it was found by this kind
        self.store.patch(kind, name_of(target), {"spec": {"replicas": wanted}}, namespace_of(target))
        words = f"{HEAD}able to update the target scale to {wanted}"
        self.marks.append(("AbleToScale", "True", "SucceededRescale", words))
        event(self.store, self.obj, "SuccessfulRescale", f"New size: {wanted}; reason: {why}", NAME)

    def _report(self, current: int, wanted: int, *, moved: bool = False) -> None:
        last = {mark[0]: mark for mark in self.marks}
        known = conditions(self.store, self.obj, list(last.values()), beside="")
        status: Tree = {"currentReplicas": current, "desiredReplicas": wanted, "conditions": known}
        status |= {"currentMetrics": [item.status for item in self.voices] or None}
        status |= {"lastScaleTime": stamp(self.now)} if moved else {}
        status["observedGeneration"] = dig(self.obj, "metadata.generation", 1)
        report(self.store, "horizontalpodautoscalers", self.obj, status)
