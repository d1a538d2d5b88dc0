"""The site's lock."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from edgebook.errors import InputError, SiteLocked
from edgebook.runbook import lock
from edgebook.runbook.lock import Holder, SiteLock

SINCE = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
HOLD = """\
import sys
from pathlib import Path
from datetime import UTC, datetime
from edgebook.runbook.lock import Holder, SiteLock
SiteLock(Path(sys.argv[1]), "f7").take(Holder.here("10-x", "r1", datetime(2026, 1, 15, 8, 0, tzinfo=UTC)))
print("held", flush=True)
sys.stdin.read()
"""


def holder():
    """Describe this process."""
    return Holder.here("10-x", "r2", SINCE)


@pytest.fixture
def elsewhere(tmp_path):
    """Hold the lock in another process."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_holder_is_written_where_others_read_it(tmp_path):
    """The file says who, which process, which run, since when."""
    taken = SiteLock(tmp_path, "f7")
    taken.take(holder())
    assert (os.getpid(), "r2", "2026-01-15T08:00:00Z") == (taken.holder().pid, taken.holder().run, taken.holder().since)
    taken.free()


def test_a_second_run_is_refused_with_who_holds_it(tmp_path, elsewhere):
    """The error names user, host, process, run and time."""
    with pytest.raises(SiteLocked) as caught:
        SiteLock(tmp_path, "f7").take(holder())
    said = rf"site f7: held since 2026-01-15T08:00:00Z by \S+@\S+, process {elsewhere.pid}, run r1"
    assert re.search(said, caught.value.message)


def test_a_killed_holder_frees_the_site(tmp_path, elsewhere):
    """kill -9 leaves the file, but not the lock."""
    elsewhere.kill()
    elsewhere.wait(timeout=10)
    SiteLock(tmp_path, "f7").take(holder())


def test_a_freed_site_can_be_taken(tmp_path):
    """Letting go works, twice as well as once."""
    first, second = SiteLock(tmp_path, "f7"), SiteLock(tmp_path, "f7")
    first.take(holder())
    first.free()
    first.free()
    second.take(holder())
    second.free()


def test_taking_it_twice_is_one_taking(tmp_path):
    """A run that opens its site again after the summary is not refused by itself."""
    taken = SiteLock(tmp_path, "f7")
    taken.take(holder())
    taken.take(holder())
    taken.free()
    assert taken.holder() is None


def test_another_site_is_not_locked(tmp_path):
    """One lock a site."""
    SiteLock(tmp_path, "f7").take(holder())
    SiteLock(tmp_path, "f8").take(holder())


def test_an_unreadable_holder_is_still_a_refusal(tmp_path, elsewhere):
    """Without the words of the holder, the answer is no all the same."""
    (tmp_path / "f7" / lock.FILE).write_text("{")
    with pytest.raises(SiteLocked, match="another run holds it"):
        SiteLock(tmp_path, "f7").take(holder())
    assert elsewhere.poll() is None


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    """A runs folder that is a file gives a sentence with a remedy."""
    (tmp_path / "f7").write_text("")
    with pytest.raises(InputError, match="cannot be used") as caught:
        SiteLock(tmp_path, "f7").take(holder())
    assert "EDGEBOOK_RUNS" in caught.value.hint


def test_a_user_without_a_name_is_a_number(monkeypatch):
    """Containers run as users that no file knows."""

    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr(lock.getpass, "getuser", nobody)
    assert lock.user() == str(os.getuid())
