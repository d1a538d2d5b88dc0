"""Jobs and results as data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from edgebook.batch import Failure, Job, Result, RunStatus, worst
from edgebook.batch.job import masked_tree, write_result, write_whole
from edgebook.errors import StepFailed
from edgebook.records import Check, Status
from edgebook.secrets import Secret, register

BEGAN = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
KEYS = [
    "schema",
    "notebook",
    "site",
    "run_id",
    "began",
    "ended",
    "status",
    "apply",
    "changed",
    "steps",
    "checks",
    "failed_step",
    "error",
    "hint",
    "artefacts",
]


def result(**facts: object) -> Result:
    """Return a good result with some facts changed."""
    base = {"notebook": "10-try", "site": "hut", "run_id": "r", "began": BEGAN, "ended": BEGAN + timedelta(seconds=1.5)}
    return Result(**{**base, "status": RunStatus.DONE, **facts})


def test_a_result_has_every_promised_key():
    """A program that reads result.json finds what the schema promises."""
    assert set(KEYS) <= result().as_dict().keys()


def test_times_are_utc_and_end_with_z():
    """Times in result.json carry their zone."""
    assert "2026-01-15T08:00:00.000Z" == result().as_dict()["began"]


def test_checks_become_plain_data():
    """A check in a result is an object of texts."""
    check = Check("host.clock", "s1", "clock", "right", "wrong", Status.FAIL)
    assert "fail" == json.loads(json.dumps(result(checks=(check,)).as_dict()))["checks"][0]["status"]


def test_a_result_file_is_written_whole(tmp_path):
    """Nothing but the finished file is left in the folder."""
    write_result(tmp_path / "x.result.json", result())
    assert ["x.result.json"] == [path.name for path in tmp_path.iterdir()]


def test_a_file_is_replaced_in_one_step(tmp_path):
    """The old content is gone when the new is there."""
    for text in ("old", "new"):
        write_whole(tmp_path / "a" / "f", text)
    assert "new" == (tmp_path / "a" / "f").read_text()


def test_secrets_are_masked_in_keys_and_values():
    """No string of a tree of data shows a secret."""
    register("s3cret-in-a-tree")
    shown = json.dumps(masked_tree({"a s3cret-in-a-tree": ["x s3cret-in-a-tree", 1, None, ("s3cret-in-a-tree",)]}))
    assert "s3cret-in-a-tree" not in shown


def test_a_failure_of_an_error_has_its_class_message_and_hint():
    """Our own errors are taken apart without parsing text."""
    assert Failure("StepFailed", "broke", "mend it") == Failure.of(StepFailed("broke", hint="mend it"))


@pytest.mark.parametrize(
    ("codes", "whole"), [([0, 0], 0), ([0, 1, 2], 1), ([2, 3], 3), ([0, 2], 2), ([1, 130], 130), ([], 0)]
)
def test_several_runs_end_with_the_worst_of_their_codes(codes, whole):
    """Cancelled before failed before unapproved before refused before done."""
    assert whole == worst(codes)


def test_a_secret_written_during_the_run_is_learnt_after_it(tmp_path):
    """A token that the runbook makes is masked in what the run leaves behind."""
    job = Job(tmp_path / "n", "hut", "hut", "r", tmp_path, secrets=(Secret(f"file:{tmp_path / 'token'}"),))
    job.learn_secrets()
    (tmp_path / "token").write_text("made-during-the-run")
    job.learn_secrets()
    assert "made-during-the-run" not in masked_tree("x made-during-the-run")


def test_nobody_is_asked_for_a_secret_after_the_run(tmp_path, monkeypatch):
    """Only files and the environment are read."""
    monkeypatch.setattr("getpass.getpass", lambda _: pytest.fail("asked"))
    Job(tmp_path / "n", "hut", "hut", "r", tmp_path, secrets=(Secret("prompt:password"),)).learn_secrets()
