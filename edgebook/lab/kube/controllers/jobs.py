"""Jobs: pods that end, started until enough have ended well, or too many badly, or the time is over.

Not schedules; a cron job makes jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.owned import active, conditions, drop_pod, is_ready, make_pod, owned, report
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import parse, stamp
from edgebook.lab.kube.trees import Tree, clone, condition, dig, name_of, namespace_of

NAME = "job-controller"
INDEX = "batch.kubernetes.io/job-completion-index"
FIRST_WAIT_S, LONGEST_WAIT_S = 10, 600
"""After failures the next pod waits, twice as long each time; DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff."""

SHORT_RUN = 2
COMPLETE = ("True", "CompletionsReached", "Reached expected number of succeeded pods")
TOO_MANY = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
TOO_LONG = ("DeadlineExceeded", "Job was active longer than specified deadline")


@dataclass(frozen=True)
class Count:
    """How far a job is."""

    pods: list[Tree]
    living: list[Tree]
    good: int
    bad: int
    indexes: frozenset[int]
    restarts: int


def is_over(obj: Tree) -> bool:
    """Whether a job has ended, well or badly."""
    return any(condition(obj, kind).get("status") == "True" for kind in ("Complete", "Failed"))


def sync(store: Store, obj: Tree) -> None:
    """Take a job one step on."""
    if dig(obj, "metadata.deletionTimestamp"):
        return
    if is_over(obj):
        _expire(store, obj)
        return
    suspended = bool(dig(obj, "spec.suspend"))
    if suspended != (condition(obj, "Suspended").get("status") == "True"):
        _suspend(store, obj, on=suspended)
        return
    if not suspended and not dig(obj, "status.startTime"):
        report(store, "jobs", obj, {"startTime": stamp(store.now())})
        obj = store.get("jobs", name_of(obj), namespace_of(obj))
    count = _count(store, obj)
    wrong = _wrong(store, obj, count)
    if wrong or _is_done(obj, count):
        _end(store, obj, count, wrong)
    elif not suspended:
        _start(store, obj, count)
        _report(store, obj, _count(store, obj), [])


def _count(store: Store, obj: Tree) -> Count:
    pods = owned(store, obj, "pods")
    good, bad = ([pod for pod in pods if dig(pod, "status.phase") == phase] for phase in ("Succeeded", "Failed"))
    indexes = frozenset(_index(pod) for pod in good) | _read(dig(obj, "status.completedIndexes", ""))
    total = len(indexes) if _indexed(obj) else max(len(good), int(dig(obj, "status.succeeded", 0)))
    failed = max(len(bad), int(dig(obj, "status.failed", 0)))
    states = [state for pod in active(pods) for state in dig(pod, "status.containerStatuses", [])]
    on_failure = dig(obj, "spec.template.spec.restartPolicy") == "OnFailure"
    restarts = sum(int(state.get("restartCount", 0)) for state in states) if on_failure else 0
    return Count(pods, active(pods), total, failed, indexes, restarts)


def _indexed(obj: Tree) -> bool:
    return bool(dig(obj, "spec.completionMode") == "Indexed")


def _index(pod: Tree) -> int:
    return int(dig(pod, "metadata.annotations", {}).get(INDEX, -1))


def _read(text: str) -> frozenset[int]:
    """Read `1,3-5`."""
    ends = [part.partition("-") for part in text.split(",") if part]
    return frozenset(number for first, _, last in ends for number in range(int(first), int(last or first) + 1))


def _write(numbers: frozenset[int]) -> str:
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    # Two neighbours are listed, three are a range; indexed_job_utils.go, orderedIntervals.String.
    return ",".join(",".join(map(str, run)) if len(run) <= SHORT_RUN else f"{run[0]}-{run[-1]}" for run in runs)


def _wanted(obj: Tree) -> int | None:
    """Return how many pods must end well; None when one does and the others end."""
    found = dig(obj, "spec.completions")
    return int(found) if found is not None else None


def _is_done(obj: Tree, count: Count) -> bool:
    wanted = _wanted(obj)
    return bool(count.good and not count.living) if wanted is None else count.good >= wanted


def _wrong(store: Store, obj: Tree, count: Count) -> tuple[str, str] | None:
    limit = int(dig(obj, "spec.backoffLimit", 6))
    if count.bad > limit or (count.restarts and count.restarts >= max(limit, 1)):
        return TOO_MANY
    longest, began = dig(obj, "spec.activeDeadlineSeconds"), dig(obj, "status.startTime")
    if longest is not None and began and store.now() - parse(began) >= timedelta(seconds=int(longest)):
        return TOO_LONG
    return None


def _start(store: Store, obj: Tree, count: Count) -> None:
    """Start the pods that are missing, once the last failure is long enough ago."""
    wanted, most = _wanted(obj), int(dig(obj, "spec.parallelism", 1))
    left = most - len(count.living) if wanted is None else min(most, wanted - count.good) - len(count.living)
    if wanted is None and count.good:
        return
    for pod in sorted(count.living, key=is_ready)[: max(0, -left)]:
        _drop(store, obj, pod)
    if left <= 0 or _waits(store, count):
        return
    taken = {_index(pod) for pod in count.living} | count.indexes
    free = [number for number in range(wanted or 0) if number not in taken] if _indexed(obj) else []
    for number in free[:left] if _indexed(obj) else range(left):
        _make(store, obj, number if _indexed(obj) else -1)


def _waits(store: Store, count: Count) -> bool:
    bad = [pod for pod in count.pods if dig(pod, "status.phase") == "Failed"]
    if not bad:
        return False
    wait_s = min(FIRST_WAIT_S * 2 ** (len(bad) - 1), LONGEST_WAIT_S)
    return store.now() - max(_ended(pod) for pod in bad) < timedelta(seconds=wait_s)


def _ended(pod: Tree) -> datetime:
    times = [dig(state, "state.terminated.finishedAt") for state in dig(pod, "status.containerStatuses", [])]
    return max((parse(time) for time in times if time), default=parse(pod["metadata"]["creationTimestamp"]))


def _make(store: Store, obj: Tree, number: int) -> None:
    template: Tree = clone(obj["spec"]["template"])
    prefix, more = f"{name_of(obj)}-", Tree()
    if number >= 0:
        meta = template.setdefault("metadata", {})
        for part in ("labels", "annotations"):
            meta[part] = {**(meta.get(part) or {}), INDEX: str(number)}
        prefix, more = f"{name_of(obj)}-{number}-", {"hostname": f"{name_of(obj)}-{number}"}
        source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
        for container in (*template["spec"].get("initContainers", ()), *template["spec"]["containers"]):
            known = [item for item in container.get("env") or () if item["name"] != "JOB_COMPLETION_INDEX"]
            container["env"] = [*known, {"name": "JOB_COMPLETION_INDEX", "valueFrom": source}]
    made = make_pod(store, obj, template, prefix=prefix, spec=more)
    event(store, obj, "SuccessfulCreate", f"Created pod: {name_of(made)}", NAME)


def _drop(store: Store, obj: Tree, pod: Tree) -> None:
    drop_pod(store, pod)
    event(store, obj, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}", NAME)


def _suspend(store: Store, obj: Tree, *, on: bool) -> None:
    """Take the pods of a job away until it goes on."""
    if not on and not condition(obj, "Suspended"):
        return
    for pod in active(owned(store, obj, "pods")) if on else ():
        _drop(store, obj, pod)
    words = ("Suspended", "Job suspended") if on else ("Resumed", "Job resumed")
    mark = ("Suspended", "True" if on else "False", f"Job{words[0]}", words[1])
    status: Tree = {"active": None, "ready": 0, "conditions": conditions(store, obj, [mark], beside="lastProbeTime")}
    report(store, "jobs", obj, {**status, "startTime": None if on else stamp(store.now())})
    event(store, obj, *words, NAME)


def _end(store: Store, obj: Tree, count: Count, wrong: tuple[str, str] | None) -> None:
    for pod in count.living:
        _drop(store, obj, pod)
    if wrong:
        marks = [(kind, "True", *wrong) for kind in ("FailureTarget", "Failed")]
        event(store, obj, *wrong, NAME, sort="Warning")
    else:
        marks = [(kind, *COMPLETE) for kind in ("SuccessCriteriaMet", "Complete")]
        report(store, "jobs", obj, {"completionTime": stamp(store.now())})
        event(store, obj, "Completed", "Job completed", NAME)
    _report(store, obj, _count(store, obj), marks)


def _report(store: Store, obj: Tree, count: Count, marks: list[tuple[str, str, str, str]]) -> None:
    status: Tree = {"active": len(count.living) or None, "ready": sum(is_ready(pod) for pod in count.living)}
    status |= {
        "succeeded": count.good or None,
        "failed": count.bad or None,
        "terminating": 0,
        "uncountedTerminatedPods": {},
    }
    if _indexed(obj):
        status["completedIndexes"] = _write(count.indexes)
    if marks:
        status["conditions"] = conditions(store, obj, marks, beside="lastProbeTime")
    report(store, "jobs", obj, status)


def _expire(store: Store, obj: Tree) -> None:
    """Delete a job that ended long enough ago."""
    longest = dig(obj, "spec.ttlSecondsAfterFinished")
    if longest is None:
        return
    ended = max(parse(condition(obj, kind)["lastTransitionTime"]) for kind in ("Complete", "Failed")
                if condition(obj, kind).get("status") == "True")  # fmt: skip
    if store.now() - ended >= timedelta(seconds=int(longest)):
        store.delete("jobs", name_of(obj), namespace_of(obj), propagation="Background")
