"""The book's table of contents.

Not the reading of notebooks: `edgebook.book` does that.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgebook.book import Runbook
from edgebook.views.markup import columns, page, row, table, tag
from edgebook.views.view import View


def runbooks(found: Iterable[Runbook]) -> View:
    """Show runbooks with a link each, to be opened beside the page that lists them."""
    books = tuple(found)
    rows = [row(tag("a", one.name, href=f"{one.name}.ipynb"), one.title, one.summary) for one in books]
    text = columns(("runbook", "title", "use"), [(one.name, one.title, one.summary) for one in books])
    return View(page(table(("Runbook", "Title", "Use"), rows)), text)
