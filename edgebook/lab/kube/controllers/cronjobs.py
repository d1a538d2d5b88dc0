"""Cron jobs: a job each time the schedule says so.

Not the jobs' pods.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edgebook.lab.kube.controllers.cron import schedule
from edgebook.lab.kube.controllers.events import event
from edgebook.lab.kube.controllers.jobs import is_over
from edgebook.lab.kube.controllers.owned import owned, reference, report
from edgebook.lab.kube.store import Store
from edgebook.lab.kube.times import parse, stamp
from edgebook.lab.kube.trees import Tree, clone, condition, dig, name_of, namespace_of

NAME = "cronjob-controller"
SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
BUSY = "Not starting job because prior execution is running and concurrency policy is Forbid"


def sync(store: Store, obj: Tree) -> None:
    """Take note of jobs that ended, forget the oldest, and start the next one when it is due."""
    if dig(obj, "metadata.deletionTimestamp"):
        return
    jobs = owned(store, obj, "jobs")
    _note(store, obj, jobs)
    for kind, limit in (("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")):
        default = 3 if kind == "Complete" else 1
        _trim(store, obj, [job for job in jobs if _how(job) == kind], int(dig(obj, f"spec.{limit}", default)))
    fresh = store.get("cronjobs", name_of(obj), namespace_of(obj))
    due = _due(store, fresh)
    if due is not None:
        _start(store, fresh, due)


def _how(job: Tree) -> str:
    kinds = [kind for kind in ("Complete", "Failed") if condition(job, kind).get("status") == "True"]
    return kinds[0] if kinds else ""


def _note(store: Store, obj: Tree, jobs: list[Tree]) -> None:
    """Keep the list of running jobs, and say which have ended."""
    listed = {item["uid"]: item for item in dig(obj, "status.active", [])}
    for job in jobs:
        if job["metadata"]["uid"] in listed and is_over(job):
            listed.pop(job["metadata"]["uid"])
            event(store, obj, "SawCompletedJob", f"Saw completed job: {name_of(job)}, condition: {_how(job)}", NAME)
    there = {job["metadata"]["uid"] for job in jobs}
    for uid in [uid for uid in listed if uid not in there]:
        event(store, obj, "MissingJob", f"Active job went missing: {listed.pop(uid)['name']}", NAME)
    ended = [str(dig(job, "status.completionTime")) for job in jobs if _how(job) == "Complete"]
    last = max([*ended, dig(obj, "status.lastSuccessfulTime", "")], default="")
    report(store, "cronjobs", obj, {"active": list(listed.values()), **({"lastSuccessfulTime": last} if last else {})})


def _trim(store: Store, obj: Tree, jobs: list[Tree], limit: int) -> None:
    """Delete the oldest jobs that are over."""
    oldest = sorted(jobs, key=lambda job: (str(dig(job, "status.startTime", "")), name_of(job)))
    for job in oldest[: max(0, len(oldest) - limit)]:
        _delete(store, obj, job)


def _delete(store: Store, obj: Tree, job: Tree) -> None:
    store.delete("jobs", name_of(job), namespace_of(job), propagation="Background")
    event(store, obj, "SuccessfulDelete", f"Deleted job {name_of(job)}", NAME)


def _due(store: Store, obj: Tree) -> datetime | None:
    """Return the time of the run that is due; None when there is none, or none may start."""
    if dig(obj, "spec.suspend"):
        return None
    name = str(dig(obj, "spec.timeZone") or "UTC")
    try:
        now, plan = store.now().astimezone(ZoneInfo(name)), schedule(obj["spec"]["schedule"])
    except (ZoneInfoNotFoundError, ValueError) as error:
        _unreadable(store, obj, name, error)
        return None
    after = parse(dig(obj, "status.lastScheduleTime") or obj["metadata"]["creationTimestamp"])
    deadline = dig(obj, "spec.startingDeadlineSeconds")
    if deadline is not None:
        after = max(after, now - timedelta(seconds=int(deadline)))
    return plan.last(after.astimezone(now.tzinfo), now)


def _unreadable(store: Store, obj: Tree, name: str, error: Exception) -> None:
    if isinstance(error, ZoneInfoNotFoundError):
        words = f'invalid timeZone: "{name}": unknown time zone {name}'
        event(store, obj, "UnknownTimeZone", words, NAME, sort="Warning")
    else:
        words = f'unparseable schedule: "{obj["spec"]["schedule"]}" : {error}'
        event(store, obj, "UnparseableSchedule", words, NAME, sort="Warning")


def _start(store: Store, obj: Tree, due: datetime) -> None:
    """Start the job of a time, unless the one before is still running and may not be joined or replaced."""
    running = {item["name"] for item in dig(obj, "status.active", [])}
    policy = dig(obj, "spec.concurrencyPolicy", "Allow")
    if policy == "Forbid" and running:
        event(store, obj, "JobAlreadyActive", BUSY, NAME)
        return
    for name in sorted(running) if policy == "Replace" else ():
        item = store.item("jobs", name, namespace_of(obj))
        if item is not None:
            _delete(store, obj, item.obj)
    left = [] if policy == "Replace" else dig(obj, "status.active", [])
    name = f"{name_of(obj)}-{int(due.timestamp()) // 60}"
    if store.item("jobs", name, namespace_of(obj)) is None:
        made = store.create("jobs", _job(obj, name, due), namespace_of(obj))
        event(store, obj, "SuccessfulCreate", f"Created job {name}", NAME)
        meta = made["metadata"]
        head = {"kind": "Job", "apiVersion": "batch/v1", "namespace": meta["namespace"], "name": name}
        left = [*left, {**head, "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}]
    report(store, "cronjobs", obj, {"active": left, "lastScheduleTime": stamp(due)})


def _job(obj: Tree, name: str, due: datetime) -> Tree:
    template: Tree = clone(obj["spec"]["jobTemplate"])
    meta = template.get("metadata") or {}
    when = due.replace(microsecond=0).isoformat().replace("+00:00", "Z") if due.tzinfo is not UTC else stamp(due)
    notes = {**(meta.get("annotations") or {}), SCHEDULED: when}
    head = {"name": name, "labels": meta.get("labels") or {}, "annotations": notes}
    return {"metadata": {**head, "ownerReferences": [reference(obj)]}, "spec": template["spec"]}
