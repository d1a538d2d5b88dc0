"""The health endpoints' text."""

import pytest

from edgebook.lab.kube.health import lines, report


def test_healthy_is_ok_and_no_more():
    """Without ?verbose a passing check is two letters."""
    assert report("readyz", True) == (200, "ok")


@pytest.mark.parametrize(("endpoint", "failed"), [("livez", ["etcd"]), ("readyz", ["etcd", "etcd-readiness"])])
def test_without_quorum_only_etcds_checks_fail(endpoint, failed):
    """Each endpoint names the checks that need the datastore, and withholds the reason."""
    status, text = report(endpoint, False)
    shown = [f"[-]{name} failed: reason withheld" for name in failed]
    assert (500, shown) == (status, [line for line in text.splitlines() if line.startswith("[-]")])


def test_verbose_shows_every_check():
    """One line a check, and one for the whole."""
    _, text = report("livez", True, verbose=True)
    assert len(lines("livez")) + 1 == len(text.splitlines())


def test_excluded_checks_are_not_asked():
    """Leaving the failing checks out makes the rest pass."""
    assert report("readyz", False, excluded=["etcd", "etcd-readiness"]) == (200, "ok")
