"""Ending."""

from datetime import UTC, datetime

import pytest

from edgebook import journal, secrets
from edgebook.clock import Clock
from edgebook.errors import StepFailed
from edgebook.runbook.ending import Ending


@pytest.fixture
def parts(tmp_path):
    """Make an ending, its journal, and the list of what was cut off."""
    book = journal.Journal(tmp_path / "r1.jsonl", "r1", Clock(datetime(2026, 1, 15, tzinfo=UTC)))
    book.write(journal.RUN)
    cut = []
    return Ending(book, lambda: cut.append("fleet")), book, cut


def last(book):
    """Return the last event."""
    return journal.read(book.path)[-1]


def test_an_error_is_told_and_goes_on(parts):
    """The journal holds kind, message and hint; the caller still gets the error."""
    ending, book, cut = parts
    with pytest.raises(StepFailed), ending.told():
        raise StepFailed("no", hint="try again")
    assert last(book).facts == {"status": "failed", "kind": "StepFailed", "error": "no", "hint": "try again"}
    assert cut == []


def test_an_interrupt_cuts_off_what_is_under_way(parts):
    """Ctrl-C closes connections, so that a step's thread ends."""
    ending, book, cut = parts
    with pytest.raises(KeyboardInterrupt), ending.told():
        raise KeyboardInterrupt
    assert ("cancelled", ["fleet"]) == (last(book).facts["status"], cut)


def test_what_ends_well_is_not_told(parts):
    """Only the close says that a run is done."""
    ending, book, _ = parts
    with ending.told():
        pass
    assert last(book).kind == "run"


def test_secrets_are_masked_in_what_is_told(parts):
    """An error may repeat what a tool said."""
    ending, book, _ = parts
    ending.failed(StepFailed(f"said {secrets.register('planted-secret')}"))
    assert "planted" not in book.path.read_text()
