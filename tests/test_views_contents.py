"""The book's table of contents."""

from edgebook.book import Runbook
from edgebook.views.contents import runbooks


def test_each_runbook_is_linked_with_what_it_is_for():
    """The name links to the notebook beside the page."""
    view = runbooks([Runbook("10-x", "Do x", "When x is missing.", "/somewhere/10-x.ipynb")])
    assert '<a href="10-x.ipynb">10-x</a>' in view.html
    assert "When x is missing." in repr(view)
