"""The real kind program: it takes our configuration, and what it leaves when it fails is taken away.

No cluster comes up in here: that needs a node image, and rights that not every machine gives.
`make test-kind` is for a machine that has both.
"""

import pytest

from edgebook import lab
from edgebook.errors import LabError
from edgebook.lab.docker import network
from edgebook.lab.docker.plan import lab_id
from edgebook.lab.kind import config, nodes, program
from tests.lab.kind.conftest import needs_real
from tests.lab.kind.test_lifecycle import everything
from tests.lab.kind.test_plan import made

NOWHERE = "localhost:1/edgebook-no-such-node:1"
"""Port 1 refuses at once, so that no pull waits for a network."""


@pytest.fixture(autouse=True)
def _real():
    needs_real()


@pytest.mark.slow
def test_our_configuration_is_taken_and_a_missing_image_is_named(tmp_path):
    """kind reads all of it before it asks for the image; nothing stays behind."""
    said = []
    with pytest.raises(LabError, match=f"no image {NOWHERE}") as caught:
        lab.up(tmp_path / "lab", backend="kind", image=NOWHERE, edges=1, say=said.append)
    assert "docker save" in caught.value.hint
    assert any("Ensuring node image" in line for line in said)
    assert ([], ["lab.lock"]) == (everything(tmp_path / "lab"), [path.name for path in (tmp_path / "lab").iterdir()])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("role: worker", "role: slave", "not a valid node role"), ("10.42.0.0/16", "10.42.0.0", "invalid pod subnet")],
)
def test_kind_reads_what_it_is_given(tmp_path, old, new, said):
    """The same configuration with one mistake is refused before anything is made: the one above was understood."""
    text = config.text(made())
    assert old in text
    with pytest.raises(LabError, match=said):
        program.run(
            *("create", "cluster", "--name", "eb012345", "--config", "-"),
            network="eb012345",
            kubeconfig=tmp_path / "kubeconfig",
            timeout_s=60,
            stdin=text.replace(old, new),
        )


def test_deleting_what_is_not_there_is_fine(tmp_path):
    """A cluster that was never made is no error."""
    nodes.delete(lab_id(tmp_path), tmp_path / "kubeconfig")
    assert [] == network.labelled(f"edgebook.lab={lab_id(tmp_path)}")
