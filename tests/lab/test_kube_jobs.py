"""Jobs and cron jobs, with a clock the test turns."""

from datetime import UTC, datetime

import pytest

from edgebook.lab.kube.controllers.cron import schedule
from edgebook.lab.kube.trees import condition
from tests.lab.kubestage import Stage

GOOD, BAD, LONG = ["true"], ["false"], ["sleep", "infinity"]


def task(*, command=tuple(GOOD), policy="Never", **spec):
    """Describe what a job does."""
    container = {"name": "main", "image": "busybox:1.36", "command": list(command)}
    return {"template": {"spec": {"restartPolicy": policy, "containers": [container]}}, **spec}


def job(name, **options):
    """Describe a job."""
    return {"metadata": {"name": name, "namespace": "default"}, "spec": task(**options)}


def cron(name, plan="*/10 * * * *", template=None, **spec):
    """Describe a cron job."""
    template = {"spec": task(**(template or {}))}
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"schedule": plan, "jobTemplate": template, **spec},
    }


@pytest.fixture
def stage():
    """One node; it is 08:00."""
    return Stage("a")


def pods(stage):
    """Return the names of all pods."""
    return [item["metadata"]["name"] for item in stage.store.list("pods")]


def names(stage):
    """Return the names of all jobs."""
    return [item["metadata"]["name"] for item in stage.store.list("jobs")]


def wait(stage, seconds, step=5):
    """Let time pass in steps."""
    for _ in range(seconds // step):
        stage.run(step)


def status(stage, name="work", kind="jobs"):
    """Return a status."""
    return stage.store.get(kind, name, "default")["status"]


def ended(stage, kind, name="work"):
    """Return the reason of a job's end."""
    return condition(stage.store.get("jobs", name, "default"), kind).get("reason")


def test_a_job_ends_well(stage):
    """The count, the conditions and the events are the real ones."""
    stage.make("jobs", job("work"))
    wait(stage, 30)
    assert (1, "CompletionsReached") == (status(stage)["succeeded"], ended(stage, "Complete"))
    assert ["Job completed"] == stage.events("Completed")
    assert [f"Created pod: {name}" for name in pods(stage)] == stage.events("SuccessfulCreate")


def test_completions_come_in_parallel(stage):
    """No more than so many pods at once, until so many have ended well."""
    stage.make("jobs", job("work", completions=5, parallelism=2))
    stage.run()
    assert 2 == len(pods(stage))
    wait(stage, 90)
    assert (5, "CompletionsReached") == (status(stage)["succeeded"], ended(stage, "Complete"))


def test_an_indexed_job_counts(stage):
    """Pods know their number by name, label, annotation and variable."""
    stage.make("jobs", job("work", completions=3, parallelism=3, completionMode="Indexed"))
    stage.run()
    assert ["work-0", "work-1", "work-2"] == [name.rpartition("-")[0] for name in pods(stage)]
    pod = stage.store.list("pods")[1]
    assert "1" == pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"]
    assert "work-1" == pod["spec"]["hostname"]
    assert "JOB_COMPLETION_INDEX" in [item["name"] for item in pod["spec"]["containers"][0]["env"]]
    wait(stage, 60)
    assert ("0-2", 3) == (status(stage)["completedIndexes"], status(stage)["succeeded"])


def test_a_job_gives_up(stage):
    """After backoffLimit failures it has failed; retries wait longer each time."""
    stage.make("jobs", job("work", command=BAD, backoffLimit=1))
    wait(stage, 10)
    assert 1 == len(pods(stage))
    wait(stage, 60)
    assert (2, "BackoffLimitExceeded") == (status(stage)["failed"], ended(stage, "Failed"))
    assert ["Job has reached the specified backoff limit"] == stage.events("BackoffLimitExceeded")


def test_a_job_has_a_deadline(stage):
    """Too long is a failure, and its pods go."""
    stage.make("jobs", job("work", command=LONG, activeDeadlineSeconds=20))
    wait(stage, 40)
    assert ("DeadlineExceeded", []) == (ended(stage, "Failed"), pods(stage))


def test_a_job_is_tidied_up(stage):
    """Its time to live after the end is kept, and its pods go with it."""
    stage.make("jobs", job("work", ttlSecondsAfterFinished=60))
    wait(stage, 40)
    assert ["work"] == names(stage)
    wait(stage, 90)
    assert ([], []) == (names(stage), pods(stage))


def test_a_job_can_pause(stage):
    """Suspended, its pods go; resumed, they come again."""
    stage.make("jobs", job("work", command=LONG))
    stage.run()
    stage.store.patch("jobs", "work", {"spec": {"suspend": True}}, "default")
    stage.run()
    assert ([], "JobSuspended") == (pods(stage), ended(stage, "Suspended"))
    stage.store.patch("jobs", "work", {"spec": {"suspend": False}}, "default")
    stage.run()
    stage.run()
    assert (1, "JobResumed") == (len(pods(stage)), ended(stage, "Suspended"))


@pytest.mark.parametrize(
    ("plan", "last"),
    [
        ("*/5 * * * *", "2026-01-15 08:05"),
        ("0 * * * *", "2026-01-15 08:00"),
        ("30 2 * * *", "2026-01-15 02:30"),
        ("0 0 1 * *", "2026-01-01 00:00"),
        ("0 12 * * mon-fri", "2026-01-14 12:00"),
        ("15,45 7-9 * JAN *", "2026-01-15 07:45"),
        ("0 0 13 * fri", "2026-01-13 00:00"),
        ("@daily", "2026-01-15 00:00"),
        ("0 0 * * 0", "2026-01-11 00:00"),
    ],
)
def test_the_last_time_something_was_due(plan, last):
    """Ranges, steps, names, lists and shorthands, as cron reads them."""
    now, after = datetime(2026, 1, 15, 8, 7, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
    assert last == f"{schedule(plan).last(after, now):%Y-%m-%d %H:%M}"
    assert None is schedule(plan).last(now, now)


@pytest.mark.parametrize("plan", ["* * * *", "61 * * * *", "a b c d e", "5-1 * * * *"])
def test_a_bad_schedule_is_refused(plan):
    """What cron would not read is an error."""
    with pytest.raises(ValueError, match=r".+"):
        schedule(plan)


def test_a_cron_job_makes_jobs(stage):
    """Each is named after the minute it was due, and the last three that ended well are kept."""
    stage.make("cronjobs", cron("tidy"))
    wait(stage, 9 * 60, 60)
    assert [] == names(stage)
    wait(stage, 60 * 62, 30)
    due = [datetime(2026, 1, 15, 8 + minute // 60, minute % 60, tzinfo=UTC) for minute in (50, 60, 70)]
    assert [f"tidy-{int(time.timestamp()) // 60}" for time in due] == names(stage)
    assert "2026-01-15T09:10:00Z" == status(stage, "tidy", "cronjobs")["lastScheduleTime"]
    first = f"tidy-{int(datetime(2026, 1, 15, 8, 10, tzinfo=UTC).timestamp()) // 60}"
    assert f"Created job {first}" in stage.events("SuccessfulCreate")
    assert f"Saw completed job: {first}, condition: Complete" in stage.events("SawCompletedJob")


def test_a_time_zone_counts(stage):
    """08:00 in UTC is 09:00 in Berlin in winter."""
    stage.make("cronjobs", cron("here", "5 9 * * *", timeZone="Europe/Berlin"), cron("there", "5 9 * * *"))
    wait(stage, 10 * 60, 60)
    assert ["here-" + str(int(datetime(2026, 1, 15, 8, 5, tzinfo=UTC).timestamp()) // 60)] == names(stage)
    notes = stage.store.list("jobs")[0]["metadata"]["annotations"]
    assert "2026-01-15T09:05:00+01:00" == notes["batch.kubernetes.io/cronjob-scheduled-timestamp"]


def test_one_at_a_time(stage):
    """Forbid does not start another, Replace takes the old one away, Allow lets them run."""
    for policy in ("Forbid", "Replace", "Allow"):
        stage.make("cronjobs", cron(policy.lower(), template={"command": LONG}, concurrencyPolicy=policy))
    wait(stage, 25 * 60, 60)
    first, second = (int(datetime(2026, 1, 15, 8, minute, tzinfo=UTC).timestamp()) // 60 for minute in (10, 20))
    assert [f"allow-{first}", f"allow-{second}", f"forbid-{first}", f"replace-{second}"] == names(stage)
    assert stage.events("JobAlreadyActive")
    assert 2 == len(status(stage, "allow", "cronjobs")["active"])


def test_a_suspended_cron_job_rests(stage):
    """Nothing starts, and what was missed is made up for once, within the deadline."""
    stage.make("cronjobs", cron("tidy", suspend=True), cron("late", suspend=True, startingDeadlineSeconds=60))
    wait(stage, 25 * 60, 60)
    assert [] == names(stage)
    for name in ("tidy", "late"):
        stage.store.patch("cronjobs", name, {"spec": {"suspend": False}}, "default")
    stage.run()
    assert ["tidy-" + str(int(datetime(2026, 1, 15, 8, 20, tzinfo=UTC).timestamp()) // 60)] == names(stage)


def test_the_history_is_short(stage):
    """Failed jobs are kept as long as the limit says."""
    stage.make("cronjobs", cron("bad", template={"command": BAD, "backoffLimit": 0}, failedJobsHistoryLimit=2))
    wait(stage, 55 * 60, 30)
    assert 2 == len(names(stage))
