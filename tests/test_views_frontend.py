"""The front end."""

import pytest

from edgebook import secrets
from edgebook.errors import EdgebookError, HostTimeout, StepFailed
from edgebook.views import frontend
from tests.kernels import kernel

LIVE = "from edgebook.views import is_live; print(is_live())"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """Start a kernel."""
    with kernel(tmp_path_factory.mktemp("work")) as started:
        yield started


def printed(shown):
    """Return what a cell printed."""
    return "".join(content["text"] for content in shown.of("stream")).strip()


def test_a_front_end_that_takes_input_is_live(notebook):
    """JupyterLab lets a cell ask; somebody is there."""
    assert printed(notebook.run(LIVE)) == "True"


def test_a_runner_that_takes_no_input_is_not_live(notebook):
    """papermill, nbclient and nbval say so in every request."""
    assert printed(notebook.run(LIVE, asks=False)) == "False"


def test_the_environment_turns_it_off(notebook):
    """EDGEBOOK_HEADLESS=1 wins over the front end."""
    code = f"import os; os.environ['EDGEBOOK_HEADLESS'] = '1'\n{LIVE}\nos.environ['EDGEBOOK_HEADLESS'] = '0'\n{LIVE}"
    assert printed(notebook.run(code)) == "False\nTrue"


def test_without_a_kernel_nothing_is_live():
    """A script has no front end."""
    assert not frontend.is_live()


def test_an_error_of_ours_is_shown_in_two_lines(notebook):
    """Name, message and hint, instead of sixty lines of code; kind and words stay for papermill."""
    code = (
        "from edgebook.errors import SiteNotFound\nfrom edgebook.views import shorten_tracebacks\nshorten_tracebacks()\n"
        "def deep(): raise SiteNotFound('no site', hint='name one')\ndeep()"
    )
    shown = notebook.run(code)
    [error] = shown.of("error")
    assert ("SiteNotFound", "no site\n  hint: name one") == (error["ename"], error["evalue"])
    assert ["\x1b[0;31mSiteNotFound\x1b[0m: no site\n  hint: name one"] == error["traceback"]
    assert shown.status == "error"


def test_other_errors_keep_their_traceback(notebook):
    """A defect wants its lines."""
    assert len(notebook.run("1/0").of("error")[0]["traceback"]) > 1


def test_a_step_that_failed_by_a_defect_shows_its_lines():
    """The cause is ours to mend, so it is shown; a host's failure is not."""
    failed = StepFailed("“Make x” on s1 failed")
    failed.__cause__ = ZeroDivisionError("by zero")
    assert "ZeroDivisionError: by zero" in frontend.error_lines(failed)
    failed.__cause__ = HostTimeout("s1", "late")
    assert len(frontend.error_lines(failed)) == 1


def test_an_error_shows_no_secret():
    """Masked at the last moment too."""
    secrets.register("planted-secret")
    assert "planted" not in frontend.error_lines(EdgebookError("planted-secret"))[0]


def test_outside_of_a_kernel_a_view_is_printed(capsys):
    """A script's reader sees the text form."""
    frontend.show("the view")
    assert capsys.readouterr().out == "the view\n"
