"""The command `notebooks`: which runbooks share a practice site. The command itself is what `make notebooks` runs."""

from edgebook.book import Runbook
from edgebook.cli.notebooks import groups


def runbook(name, *after):
    """Make a runbook that comes after others."""
    return Runbook(name, name, "", f"{name}.ipynb", after)


def test_runbooks_share_a_site_in_their_order():
    """Each finds what those before it left."""
    found = [runbook("00-a"), runbook("10-b"), runbook("40-c")]
    assert [found] == list(groups(found))


def test_one_that_comes_after_others_has_a_site_of_its_own():
    """An uninstalled cluster is nothing that a later runbook expects; those that must come first run there again."""
    first, second, last, alone = runbook("00-a"), runbook("10-b"), runbook("40-c"), runbook("34-d", "10-b")
    assert [[first, second, last], [second, alone]] == list(groups([first, second, alone, last]))
