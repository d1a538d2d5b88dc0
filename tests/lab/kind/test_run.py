"""`make test-kind`, with a stand-in for kind: the notebooks, which need edge hosts alone, and how it ends.

The contract needs a Kubernetes, which the stand-in has not; here pytest is not run for it.
"""

import pytest

from tests.dockerhosts import docker_reason
from tests.lab.kind import run
from tests.lab.kind.conftest import host_image
from tests.lab.kind.test_lifecycle import everything


@pytest.fixture
def started(monkeypatch):
    """Keep what would be run, and let it end with the codes in `started.codes`."""

    class Started(list):
        codes = (0, 0)

    kept = Started()
    monkeypatch.setattr(run, "pytest", lambda words, more: (kept.append((words, more)), kept.codes[len(kept) - 1])[1])
    return kept


@pytest.mark.slow
def test_the_notebooks_run_on_a_site_of_edge_hosts(kind_site, tmp_path):
    """Each cell ends without an error under nbval, in a site that has no server."""
    assert 0 == run.pytest(
        ["--nbval-lax", "--nbval-current-env", *run.NOTEBOOKS], run.surroundings(kind_site, tmp_path)
    )


@pytest.mark.parametrize(("codes", "code"), [((0, 0), 0), ((1, 0), 1), ((0, 5), 5)])
def test_the_contract_gets_the_cluster_and_the_notebooks_the_site(kind_site, started, tmp_path, codes, code):
    """Both run, whatever the first says; the exit code is that of what failed."""
    started.codes = codes
    assert code == run.against(kind_site, tmp_path)
    (contract, given), (notebooks, _) = started
    assert str(kind_site.site_folder / "kubeconfig") == given["EDGEBOOK_CONTRACT_KUBECONFIG"]
    assert (True, True) == (len(contract) > 5, "--nbval-lax" in notebooks)


def test_what_was_made_goes_whatever_happens(standin, monkeypatch, tmp_path):
    """A run that breaks off leaves no cluster behind."""
    if docker_reason():
        pytest.skip(docker_reason())
    seen = []

    def broken(status, _folder):
        seen.append(status.folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "against", broken)
    with pytest.raises(KeyboardInterrupt):
        run.main(["--servers", "1", "--agents", "0", "--edges", "1", "--image", host_image()])
    assert [] == everything(seen[0])


def test_without_kind_it_ends_with_2_and_says_what_to_install(tmp_path, monkeypatch, capsys):
    """Nothing is started."""
    (tmp_path / "docker").write_text("#!/bin/sh\necho linux\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert 2 == run.main([])
    assert "install kind" in capsys.readouterr().out
