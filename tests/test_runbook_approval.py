"""Approval."""

import pytest

from edgebook.errors import ApprovalMissing
from edgebook.records import Effect
from edgebook.runbook import approval
from edgebook.runbook.approval import Mode
from edgebook.site import load
from tests.plans import action, write_site

WIPE = action("wipe", effect=Effect.DESTRUCTIVE)


@pytest.fixture
def site(tmp_path):
    """Return a maker of sites with a protection."""
    return lambda protection: load(write_site(tmp_path, protection=protection))


@pytest.mark.parametrize(
    ("protection", "apply", "mode"),
    [
        ("open", None, Mode.APPLY),
        ("open", False, Mode.PLAN),
        ("open", True, Mode.APPLY),
        ("guarded", None, Mode.PLAN),
        ("guarded", True, Mode.APPLY),
        ("locked", None, Mode.PLAN),
        ("locked", False, Mode.PLAN),
    ],
)
def test_the_parameter_decides_and_else_the_site(site, protection, apply, mode):
    """`apply` None leaves it to the protection: only an open site applies by itself."""
    assert approval.mode(site(protection), {"apply": apply}) is mode


def test_a_locked_site_is_never_applied_to(site):
    """Asking for it is refused with exit code 3."""
    with pytest.raises(ApprovalMissing, match="f7 is locked") as caught:
        approval.mode(site("locked"), {"apply": True})
    assert caught.value.exit_code == 3


def test_a_run_that_undoes_does_not_apply(site):
    """With `undo`, the steps are left out, or a half-made install could never be taken back."""
    assert approval.mode(site("open"), {"undo": True}) is Mode.UNDO
    assert approval.mode(site("guarded"), {"undo": True}) is Mode.PLAN


def test_nothing_destructive_needs_no_approval(site):
    """A guarded site with `apply` true changes what can be taken back."""
    approval.require(site("guarded"), {}, [])


@pytest.mark.parametrize("given", [{"confirm": "f7"}, {"confirm": " f7 "}, {"allow_destructive": True}])
def test_the_sites_name_or_the_switch_approves(site, given):
    """Typed by a person, or set in batch."""
    approval.require(site("guarded"), given, [WIPE])


def test_an_open_site_needs_no_approval(site):
    """A disposable site is disposable."""
    approval.require(site("open"), {}, [WIPE])


@pytest.mark.parametrize("given", [{}, {"confirm": ""}, {"confirm": None}, {"confirm": "f8"}, {"allow_destructive": 1}])
def test_anything_else_does_not_approve(site, given):
    """The refusal names what would have been done, and how to approve it."""
    with pytest.raises(ApprovalMissing, match="s1: Make wipe") as caught:
        approval.require(site("guarded"), given, [WIPE])
    assert "confirm='f7'" in caught.value.hint


def test_a_wrong_name_is_shown_beside_the_right_one(site):
    """A typo is seen at once."""
    with pytest.raises(ApprovalMissing, match="confirm is 'f8', the site is 'f7'"):
        approval.require(site("guarded"), {"confirm": "f8"}, [WIPE])


def test_a_long_list_is_cut(site):
    """No more than five actions are named."""
    with pytest.raises(ApprovalMissing, match="and 3 more"):
        approval.require(site("guarded"), {}, [WIPE] * 8)
