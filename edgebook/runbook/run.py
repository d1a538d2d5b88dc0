"""A run: one runbook on one site, from its preflight to its summary.

Not the work itself: topics say what is to be done, hosts and cluster are reached through their ports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec

from edgebook import journal as journals
from edgebook import views
from edgebook.clock import Clock
from edgebook.errors import RunError
from edgebook.journal import Event, Journal
from edgebook.records import Action, Check, Effect, Plan, Step, StepStatus
from edgebook.runbook import approval, wording
from edgebook.runbook.approval import Mode
from edgebook.runbook.ending import Ending
from edgebook.runbook.lock import Holder, SiteLock
from edgebook.runbook.recorder import Recorder
from edgebook.runbook.stage import StageRunner
from edgebook.views.markup import count
from edgebook.views.steps import Moment

if TYPE_CHECKING:
    from edgebook.site import Site
    from edgebook.ssh import Fleet

P = ParamSpec("P")


def fleet_of(site: Site) -> Fleet:
    """Return a site's hosts over SSH; secrets that a person types are asked for now.

    A kernel passes questions on only from the thread that runs the cell, and hosts are reached from others.
    """
    from edgebook.ssh import Fleet  # noqa: PLC0415  # paramiko takes a tenth of a second

    targets = [site.target(host.name) for host in site.hosts]
    for secret in (one for target in targets for one in (target.password, target.passphrase, target.sudo_password)):
        if secret is not None and secret.kind == "prompt":
            secret.value()
    return Fleet(targets)


class Run:
    """One runbook on one site; `edgebook.start` makes it.

    Every method returns a view, which is what its notebook cell shows. What is not applied is said,
    never silently left out. The site's lock is held until `summary` or `close`, or until the
    process ends.
    """

    def __init__(
        self,
        site: Site,
        notebook: str,
        parameters: Mapping[str, Any],
        *,
        changed: Iterable[str] = (),
        mode: Mode,
        clock: Clock,
        journal: Journal,
        lock: SiteLock,
        earlier: Sequence[Event] = (),
    ) -> None:
        self.site = site
        self.notebook = notebook
        self.parameters = dict(parameters)
        self.changed = {name: value for name, value in self.parameters.items() if name in set(changed)}
        self.mode = mode
        self.clock = clock
        self.journal = journal
        self.id = journal.run
        self.earlier = journals.interrupted(earlier)
        self._past = tuple(earlier)
        self._lock = lock
        self._recorder = Recorder(journal)
        self._runner = StageRunner(self._recorder, clock)
        self._plan: Plan | None = None
        self._fleet: Fleet | None = None
        self._ending = Ending(journal, self._cut_off)
        self.stages: dict[str, str] = {}
        self._closed = False
        self._undone = False

    @property
    def applies(self) -> bool:
        """Whether this run changes the site; a plan-only run never does."""
        return self.mode is not Mode.PLAN

    @property
    def fleet(self) -> Fleet:
        """The site's hosts over SSH, those to be removed included; nothing connects before the first command."""
        if self._fleet is None:
            self._fleet = fleet_of(self.site)
        return self._fleet

    @property
    def steps(self) -> tuple[Step, ...]:
        """How every action that was come to so far ended, in the order of the plan."""
        return self._recorder.steps

    @property
    def history(self) -> tuple[Event, ...]:
        """What the journals tell: all earlier runs on this site, then this one so far."""
        return (*self._past, *journals.read(self.journal.path))

    def check(self, checks: Iterable[Check], *, title: str = "", phase: str = "check") -> views.View:
        """Show checks and write them to the journal; none of them stops the run."""
        found = tuple(checks)
        for check in found:
            self.journal.check(check, phase)
        return views.checks(found, title=title)

    def preflight(self, checks: Iterable[Check]) -> views.View:
        """Show the checks that come before any change.

        Raises:
            PreflightFailed: a check failed or could not be made; not in a run that undoes.
        """
        found = tuple(checks)
        view = self.check(found, title="Preflight", phase="preflight")
        if self.mode is not Mode.UNDO and not all(check.ok for check in found):
            views.show(view)
            raise self._ending.failed(wording.preflight_failed(found))
        return view

    def plan(self, plan: Plan) -> views.View:
        """Keep a plan for the steps that follow, and show it."""
        self._plan = plan
        self.stages |= plan.stages
        self._recorder.begin_plan(plan)
        return views.plan(plan)

    def apply(self, stage: str) -> views.View:
        """Apply one stage of the plan, or list what is planned where this run does not apply.

        Run again in the same kernel, it does only what is not done yet.

        Raises:
            StepFailed: an action failed, or an earlier stage is not done.
            ApprovalMissing: a destructive action is not approved; nothing of the stage was done.
        """
        plan = self._known_plan()
        actions = self._of(plan, stage)
        if self.mode is not Mode.APPLY:
            return self._planned(plan, stage, actions)
        self._require_order(plan, stage)
        return self._act(plan.stages[stage], [actions])

    def verify(self, look: Callable[P, Iterable[Check]], *args: P.args, **kwargs: P.kwargs) -> views.View:
        """Call `look` for checks and show them; not while the plan has actions that this run leaves.

        Raises:
            VerifyFailed: a check failed or could not be made.
        """
        pending = len(self._plan.pending) if self._plan else 0
        if self.mode is Mode.UNDO:
            return views.note("Not verified: this run takes back what the runbook does.")
        if self.mode is Mode.PLAN and pending:
            return views.note(
                f"Not verified: this run only plans, and {count(pending, 'action')} of the plan would still be to do."
            )
        with self._ending.told():
            found = tuple(look(*args, **kwargs))
        view = self.check(found, title="Verification", phase="verify")
        if not all(check.ok for check in found):
            views.show(view)
            raise self._ending.failed(wording.verify_failed(found))
        return view

    def undo(
        self, way_back: Callable[..., Plan], *args: Any, wanted: bool = False, **kwargs: Any
    ) -> views.View:  # the arguments are the callable's
        """Apply the plan that `way_back` makes, when `wanted`; else say how it would be asked for.

        Raises:
            StepFailed: an action failed.
            ApprovalMissing: a destructive action is not approved; nothing was done.
        """
        if not wanted:
            return views.note(
                "Nothing is taken back. To take back what this runbook does, set undo to True and run all cells."
            )
        with self._ending.told():
            plan = way_back(*args, **kwargs)
        self.stages |= plan.stages
        self._recorder.begin_plan(plan, undo=True)
        self.journal.write(journals.UNDO, title=plan.title, applies=self.applies)
        if not self.applies:
            for action in plan.pending:
                self._recorder.note(action, StepStatus.PLANNED)
            return views.plan(plan)
        view = self._act(plan.title, [plan.stage(stage) for stage in plan.stages])
        self._plan, self._undone = None, True
        return view

    def summary(self) -> views.View:
        """Show every step with what it was before and after, end the run and let go of the site."""
        view = views.summary(self.steps, stages=self.stages, result=wording.result(self.steps, self._plan, self.mode))
        self.close()
        return view

    def timeline(self) -> views.Figure:
        """Draw when each step ran, with the titles of the stages."""
        return views.timeline(self.steps, stages=self.stages)

    def close(self, status: str = "") -> None:
        """End the run: write its end, close connections, let go of the site; safe to call twice."""
        if not self._closed:
            self._closed = True
            self.journal.write(journals.CLOSED, status=status or self._status())
        self._cut_off()
        self.journal.close()
        self._lock.free()

    def _act(self, title: str, stages: Sequence[Sequence[Action]]) -> views.View:
        actions = [action for stage in stages for action in stage]
        destructive = [one for one in self._left(actions) if one.effect is Effect.DESTRUCTIVE]
        live = views.Live(
            lambda: Moment(
                title,
                actions,
                {step.id: step for step in self._ended_of(actions)},
                self._recorder.running(),
                self.clock.spent(),
            )
        )
        with self._ending.told():
            approval.require(self.site, self.parameters, destructive)
            self._reopen()
            with live:
                for stage in stages:
                    self._runner.apply(stage, tick=live.tick)
        return live.view

    def _left(self, actions: Iterable[Action]) -> list[Action]:
        return [action for action in actions if not action.done and not self._recorder.settled(action)]

    def _ended_of(self, actions: Iterable[Action]) -> list[Step]:
        return [step for action in actions if (step := self._recorder.step(action)) is not None]

    def _planned(self, plan: Plan, stage: str, actions: Sequence[Action]) -> views.View:
        if self.mode is Mode.UNDO:
            return views.note(f"{plan.stages[stage]}: left out, because this run undoes.")
        for action in actions:
            self._recorder.note(action, StepStatus.ALREADY if action.done else StepStatus.PLANNED)
        return views.steps(self._ended_of(actions), title=f"{plan.stages[stage]} (planned only)")

    def _known_plan(self) -> Plan:
        if self._plan is None:
            raise RunError("there is no plan yet, or it was undone", hint="run the cell that calls run.plan first")
        return self._plan

    def _of(self, plan: Plan, stage: str) -> tuple[Action, ...]:
        try:
            return plan.stage(stage)
        except KeyError as exc:
            raise RunError(
                str(exc.args[0]), hint="run the cell that calls run.plan again, or correct the stage's name"
            ) from exc

    def _require_order(self, plan: Plan, stage: str) -> None:
        for earlier in list(plan.stages)[: list(plan.stages).index(stage)]:
            if left := self._left(plan.stage(earlier)):
                raise self._ending.failed(wording.out_of_order(plan.stages[stage], plan.stages[earlier], left))

    def _cut_off(self) -> None:
        if self._fleet is not None:
            self._fleet.close()  # a step under way ends with its connection

    def _reopen(self) -> None:
        """Take the site again where a cell is run after the summary."""
        self._lock.take(Holder.here(self.notebook, self.id, self.clock.stamp()))
        self._closed = False

    def _status(self) -> str:
        if any(step.status is StepStatus.FAILED for step in self.steps):
            return "failed"
        if self.mode is Mode.PLAN:
            return "planned"
        left = self._left(self._plan.actions) if self._plan else []
        return "done" if self._undone or (not left and self.mode is Mode.APPLY) else "stopped"

    def __repr__(self) -> str:
        return repr(wording.card(self))

    def _repr_html_(self) -> str:
        return wording.card(self).html
