"""A run, from preflight to summary."""

import getpass
import threading

import pytest

import edgebook
from edgebook import journal
from edgebook.errors import (
    ApprovalMissing,
    HostTimeout,
    PreflightFailed,
    RunError,
    SiteLocked,
    StepFailed,
    VerifyFailed,
)
from edgebook.records import Effect, Outcome, Status, StepStatus
from edgebook.runbook.lock import Holder, SiteLock
from edgebook.runbook.run import fleet_of
from edgebook.site import load
from tests.plans import action, check, plan, write_site

TWO = plan(action("x"), action("y", stage="second", target="s2"))


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Return a starter of runs on a site with a protection; every run is closed at the end."""
    monkeypatch.setenv("EDGEBOOK_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("EDGEBOOK_SITES", str(tmp_path / "sites"))
    monkeypatch.chdir(tmp_path)
    runs = []

    def starter(protection="open", **given):
        write_site(tmp_path / "sites", protection=protection)
        runs.append(edgebook.start("10-try", site="f7", **given))
        return runs[-1]

    yield starter
    for run in runs:
        run.close()


def kinds(run):
    """Return the kinds of a run's events."""
    return [event.kind for event in journal.read(run.journal.path)]


def closed(run):
    """Return the facts of a run's last event."""
    event = journal.read(run.journal.path)[-1]
    assert event.kind == "closed"
    return event.facts


def statuses(run):
    """Return how each step ended."""
    return [(step.id, step.status.value) for step in run.steps]


def late():
    """Fail as a host does that does not answer."""
    raise HostTimeout("s1", "no answer in 5 s", hint="look at its console")


def test_a_whole_run_leaves_a_whole_journal(start):
    """Preflight, plan, both stages, verification and summary: in this order on the disk."""
    run = start()
    run.preflight([check()])
    run.plan(TWO)
    run.apply("first")
    run.apply("second")
    run.verify(lambda: [check()])
    run.summary()
    assert kinds(run) == ["run", "check", "plan", "began", "done", "began", "done", "check", "closed"]
    assert closed(run)["status"] == "done"


def test_the_first_line_says_who_runs_what(start):
    """Runbook, site, parameters, mode and process stand in the first line."""
    run = start(batch=3)
    facts = journal.read(run.journal.path)[0].facts
    assert ("10-try", "f7", {"site": "f7", "batch": 3}, True, "apply") == tuple(
        facts[name] for name in ("notebook", "site", "parameters", "apply", "mode")
    )


def test_a_good_preflight_returns_its_table(start):
    """The cell's value is the view."""
    assert "1 check passes" in repr(start().preflight([check()]))


def test_a_bad_preflight_shows_its_table_and_stops(start, capsys):
    """The table comes first, then an error that lists what failed with its hint."""
    run = start()
    with pytest.raises(PreflightFailed, match="s1: Clock: wanted within 1 s, seen 412 s") as caught:
        run.preflight([check("sudo"), check(status=Status.FAIL, seen="412 s", hint="set it")])
    assert "hint: set it" in caught.value.message
    assert "1 of 2 checks pass, 1 fails" in capsys.readouterr().out
    assert ("failed", "PreflightFailed") == (closed(run)["status"], closed(run)["kind"])


def test_an_unknown_check_stops_too(start):
    """What could not be looked at is not good."""
    with pytest.raises(PreflightFailed):
        start().preflight([check(status=Status.UNKNOWN)])


def test_a_warning_does_not_stop(start):
    """Warnings are for the reader."""
    assert "1 warns" in repr(start().preflight([check(status=Status.WARN)]))


def test_checks_can_be_shown_without_stopping(start):
    """`check` shows and records, and never raises."""
    run = start()
    assert "Sight: 0 of 1 check pass, 1 fails." in repr(run.check([check(status=Status.FAIL)], title="Sight"))
    assert kinds(run) == ["run", "check"]


def test_a_plan_only_run_changes_nothing_and_says_so(start):
    """Steps are planned, the verification is not called, and the summary says that nothing was changed."""
    run = start("guarded")
    run.plan(plan(action("x", late), action("y", stage="second", done=True)))
    assert "planned only" in repr(run.apply("first"))
    run.apply("second")
    assert "Not verified" in repr(run.verify(late))
    assert "Nothing was changed." in repr(run.summary())
    assert [("x", "planned"), ("y", "already")] == statuses(run)
    assert closed(run)["status"] == "planned"


def test_a_plan_only_run_verifies_what_is_already_so(start):
    """With nothing pending there is something to verify."""
    run = start("guarded")
    run.plan(plan(action("x", done=True)))
    assert "1 check passes" in repr(run.verify(lambda: [check()]))


def test_a_second_run_says_that_nothing_is_to_change(start):
    """On a site that is as wanted: an empty plan, no change, and the words for it."""
    run = start()
    assert "Nothing to change: 2 of 2 actions are already so." in repr(
        run.plan(plan(action("x", late, done=True), action("y", late, stage="second", done=True)))
    )
    run.apply("first")
    run.apply("second")
    assert "Nothing was changed: 2 of 2 steps were already so." in repr(run.summary())
    assert not any(step.changed for step in run.steps)


def test_a_failed_step_shows_the_stage_and_stops(start, capsys):
    """The table of the stage is shown, and the error carries the host's words and hint."""
    run = start()
    run.plan(plan(action("x", late)))
    with pytest.raises(StepFailed, match="no answer in 5 s") as caught:
        run.apply("first")
    assert caught.value.hint == "look at its console"
    assert "1 failed" in capsys.readouterr().out
    assert ("failed", "StepFailed") == (closed(run)["status"], closed(run)["kind"])


def test_the_cell_that_failed_can_be_run_again(start):
    """What was done stays done; the run can still end well."""
    calls = []

    def flaky():
        calls.append("x")
        return late() if len(calls) == 1 else Outcome()

    run = start()
    run.plan(plan(action("w"), action("x", flaky)))
    with pytest.raises(StepFailed):
        run.apply("first")
    run.apply("first")
    run.summary()
    assert [("w", "done"), ("x", "done")] == statuses(run)
    assert closed(run)["status"] == "done"


def test_a_stage_waits_for_the_stages_before_it(start):
    """A cell that was left out, or failed, is named instead of being jumped over."""
    run = start()
    run.plan(TWO)
    with pytest.raises(StepFailed, match=r"“Second stage” comes after “First stage”.*“Make x” on s1"):
        run.apply("second")
    assert statuses(run) == []


def test_a_stage_without_a_plan_is_an_error_with_a_hint(start):
    """The plan's cell was not run."""
    with pytest.raises(RunError, match="no plan yet"):
        start().apply("first")


def test_an_unknown_stage_is_an_error_that_names_the_stages(start):
    """A typo in a notebook is found at once."""
    run = start()
    run.plan(TWO)
    with pytest.raises(RunError, match="no stage 'frist'; it has first, second"):
        run.apply("frist")


def test_destructive_actions_wait_for_approval(start):
    """On a guarded site nothing of the stage is done before the name is typed."""
    calls = []
    wipe = action("wipe", lambda: calls.append("wipe") or Outcome(), effect=Effect.DESTRUCTIVE)
    other = action("x", lambda: calls.append("x") or Outcome())
    run = start("guarded", apply=True)
    run.plan(plan(other, wipe))
    with pytest.raises(ApprovalMissing):
        run.apply("first")
    assert calls == []
    assert closed(run)["kind"] == "ApprovalMissing"


def test_approved_destructive_actions_are_done(start):
    """With the site's name typed the stage goes on."""
    run = start("guarded", apply=True, confirm="f7")
    run.plan(plan(action("wipe", effect=Effect.DESTRUCTIVE)))
    assert "1 done" in repr(run.apply("first"))


def test_a_destructive_action_that_is_so_already_needs_no_approval(start):
    """What is not done need not be approved."""
    run = start("guarded", apply=True)
    run.plan(plan(action("wipe", effect=Effect.DESTRUCTIVE, done=True)))
    assert "1 already so" in repr(run.apply("first"))


def test_a_bad_verification_shows_its_table_and_stops(start, capsys):
    """The error lists what was wanted and seen."""
    run = start()
    with pytest.raises(VerifyFailed, match="verification: 1 of 1 check did not pass"):
        run.verify(lambda: [check(status=Status.FAIL)])
    assert "1 fails" in capsys.readouterr().out


def test_a_verification_that_breaks_is_journalled(start):
    """An error of the look itself ends the run as failed."""
    run = start()
    with pytest.raises(HostTimeout):
        run.verify(late)
    assert closed(run)["kind"] == "HostTimeout"


def test_a_verification_gets_its_arguments(start):
    """Positional and named ones."""
    run = start()
    assert "seen 7" not in repr(run.verify(lambda a, *, b: [check(seen=f"{a}{b}")], "x", b="y"))
    assert "xy" in repr(run.check([check(seen="xy")]))


def test_undo_that_is_not_wanted_is_not_called(start):
    """The cell says how it would be asked for."""
    assert "set undo to True" in repr(start().undo(late, wanted=False))


def test_undo_takes_back_in_the_order_of_its_stages(start):
    """All stages of the way back, then the run is done and its plan no longer valid."""
    order = []

    def back(name):
        return lambda: order.append(name) or Outcome("present", "absent")

    run = start()
    run.plan(TWO)
    run.apply("first")
    way = plan(
        action("un-x", back("x"), stage="second"), action("un-y", back("y"), stage="first"), title="Take it back"
    )
    assert "2 done" in repr(run.undo(lambda: way, wanted=True))
    assert order == ["y", "x"]
    assert [("x", "done"), ("un-x", "done"), ("un-y", "done")] == statuses(run)
    with pytest.raises(RunError, match="undone"):
        run.apply("second")
    run.close()
    assert closed(run)["status"] == "done"


def test_undo_needs_approval_for_what_cannot_be_taken_back(start):
    """Nothing is undone before the name is typed."""
    run = start("guarded", apply=True)
    with pytest.raises(ApprovalMissing):
        run.undo(lambda: plan(action("wipe", late, effect=Effect.DESTRUCTIVE)), wanted=True)


def test_undo_in_a_plan_only_run_is_only_planned(start):
    """The way back is shown, nothing of it done."""
    run = start("guarded")
    assert "1 action to do" in repr(run.undo(lambda: plan(action("un-x", late)), wanted=True))
    assert [("un-x", "planned")] == statuses(run)


def test_a_run_that_undoes_leaves_the_steps_out(start):
    """With the parameter `undo`, a half-made install is taken back without being finished first."""
    run = start(undo=True)
    run.preflight([check(status=Status.FAIL)])
    run.plan(plan(action("x", late)))
    assert "this run undoes" in repr(run.apply("first"))
    assert "takes back" in repr(run.verify(late))
    run.undo(lambda: plan(action("un-x")), wanted=True)
    run.summary()
    assert closed(run)["status"] == "done"


def test_the_summary_lets_go_of_the_site(start, tmp_path):
    """A finished notebook in an open kernel does not keep others out."""
    run = start()
    run.summary()
    lock = SiteLock(tmp_path / "runs", "f7")
    lock.take(Holder.here("10-x", "r2", run.clock.stamp()))
    lock.free()


def test_a_step_after_the_summary_takes_the_site_again(start, tmp_path):
    """Or is refused, when another run has it by then."""
    run = start()
    run.plan(TWO)
    run.summary()
    lock = SiteLock(tmp_path / "runs", "f7")
    lock.take(Holder.here("10-x", "r2", run.clock.stamp()))
    with pytest.raises(SiteLocked):
        run.apply("first")
    lock.free()
    run.apply("first")
    assert [("x", "done")] == statuses(run)


def test_a_run_left_in_the_middle_is_closed_as_stopped(start):
    """Some cells were not run."""
    run = start()
    run.plan(TWO)
    run.apply("first")
    run.close()
    assert closed(run)["status"] == "stopped"
    assert "1 action of the plan not come to" in repr(run.summary())


def test_closing_twice_writes_one_end(start):
    """`close` is safe to call again."""
    run = start()
    run.close()
    run.close()
    assert kinds(run) == ["run", "closed"]


def test_the_card_says_site_run_mode_and_what_differs(start):
    """Parameters that were given are part of the record, in HTML and in text."""
    run = start("guarded", batch=3)
    for form in (repr(run), run._repr_html_()):
        for words in ("f7: Factory 7, line cabinet", "3 servers, 1 agent, 1 edge host", run.id, "Plan only", "batch 3"):
            assert words in form


def test_the_time_line_has_the_stages_titles(start):
    """`run.timeline` knows the plan."""
    run = start()
    run.plan(TWO)
    run.apply("first")
    assert [trace["name"] for trace in run.timeline().spec["data"]] == ["1 First stage"]


def test_the_fleet_holds_every_host_and_connects_to_none(start):
    """Hosts are reached with the first command, not before."""
    run = start()
    assert list(run.fleet) == ["s1", "s2", "s3", "a1", "e1"]
    assert run.fleet is run.fleet


def test_secrets_that_a_person_types_are_asked_for_once_by_the_cell(tmp_path, monkeypatch):
    """A kernel asks only for the thread that runs the cell, and hosts are reached from others."""
    asked = []
    monkeypatch.setattr(
        getpass, "getpass", lambda question: asked.append((question, threading.current_thread())) or "pw-typed"
    )
    home = write_site(tmp_path)
    text = (home / "site.yaml").read_text()
    (home / "site.yaml").write_text(
        text.replace("user: edge,", "user: edge, sudo: password, sudo_password: 'prompt:sudo password',")
    )
    fleet_of(load(home)).close()
    assert [("sudo password: ", threading.main_thread())] == asked


def test_an_interrupted_step_is_closed_as_cancelled(start):
    """Ctrl-C in mid-step: the journal says cancelled, and the site stays held for the next try."""
    run = start()

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.verify(interrupted)
    assert closed(run)["status"] == "cancelled"
    assert StepStatus.DONE not in [step.status for step in run.steps]


def test_the_history_holds_this_run_too(start):
    """What a run brought can be taken back by the same run."""
    first = start()
    first.plan(TWO)
    first.apply("first")
    first.close()
    second = start()
    second.plan(TWO)
    second.apply("first")
    assert [("done", "x"), ("done", "x")] == [
        (event.kind, event.facts["id"]) for event in second.history if event.kind == "done"
    ]
