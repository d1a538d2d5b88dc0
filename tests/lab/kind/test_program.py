"""The gate to the kind program: what it is told, how long it may take, and what its failures mean."""

import time
from pathlib import Path

import pytest

from edgebook.errors import LabError, LabUnavailable
from edgebook.lab.kind import program
from tests.dockerhosts import docker_reason

MISSING = """\
ERROR: failed to create cluster: failed to pull image "kindest/node:v1.31.9": command "docker pull kindest/node:v1.31.9" \
failed with error: exit status 1

Command Output: Error response from daemon: Get "https://registry-1.docker.io/v2/": dial tcp: no such host"""
"""What kind 0.27 says without a network."""


def run(tmp_path, *argv, timeout_s=20.0, **more):
    """Run the kind that is first on the PATH."""
    return program.run(*argv, network="eb012345", kubeconfig=tmp_path / "kubeconfig", timeout_s=timeout_s, **more)


def test_a_cluster_is_made_in_the_labs_own_network(fake_kind, tmp_path):
    """kind is told Docker, the network, and a kubeconfig that is not the user's."""
    fake_kind.says('echo "$KIND_EXPERIMENTAL_PROVIDER $KIND_EXPERIMENTAL_DOCKER_NETWORK $KUBECONFIG $*"')
    assert f"docker eb012345 {tmp_path}/kubeconfig get nodes" == run(tmp_path, "get", "nodes")


def test_what_it_reads_is_given_to_it(fake_kind, tmp_path):
    """The configuration comes from standard input."""
    fake_kind.says("cat")
    assert "kind: Cluster" == run(tmp_path, "create", stdin="kind: Cluster\n")


def test_one_that_does_not_read_is_no_failure_of_ours(fake_kind, tmp_path):
    """A kind that ends before it has read its words has its own reason."""
    fake_kind.says("exec <&-; echo done")
    assert "done" == run(tmp_path, "create", stdin="x" * 1_000_000)


def test_its_steps_are_told_once(fake_kind, tmp_path):
    """Each begins with a dot and ends with a tick; the dot's line is told as it comes."""
    fake_kind.says("echo ' • Preparing nodes 📦  ...' >&2; echo ' ✓ Preparing nodes 📦' >&2")
    said = []
    run(tmp_path, "create", say=said.append)
    assert ["  Preparing nodes 📦"] == said


def test_one_that_does_not_end_is_ended_with_its_children(fake_kind, tmp_path):
    """The error says how long it was waited for, and what was said last."""
    fake_kind.says(f"echo begun; sleep 300 & echo $! >{tmp_path}/child; wait")
    began = time.monotonic()
    with pytest.raises(LabError, match=r"`kind create cluster` has not ended within 1 s: begun"):
        run(tmp_path, "create", "cluster", timeout_s=1.0)
    child = int((tmp_path / "child").read_text())
    until = time.monotonic() + 20
    while running(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert (False, True) == (running(child), time.monotonic() - began < 60)


def running(pid):
    """Say whether a process runs: one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_image_that_cannot_be_had_is_named_with_the_way_to_bring_it(fake_kind, tmp_path):
    """The way without Internet is a folder with what `docker save` wrote."""
    fake_kind.says(f"cat <<'EOT'\n{MISSING}\nEOT\nexit 1")
    with pytest.raises(LabError, match=r"no image kindest/node:v1\.31\.9") as caught:
        run(tmp_path, "create", "cluster")
    assert all(word in caught.value.hint for word in ("docker save", "--bundle FOLDER"))


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (
            "docker: Error response from daemon: runc create failed: unable to apply caps: operation not permitted",
            "privileged",
        ),
        ('ERROR: could not find a log line that matches "Reached target .*Multi-User System.*"', "did not boot"),
        ("Bind for 127.0.0.1:41443 failed: port is already allocated.", "port is somebody else's"),
        ('ERROR: failed to create cluster: node(s) already exist for a cluster with the name "x"', "already exist"),
        (
            'ERROR: failed to load image: command "docker exec …" failed: 1\n\nCommand Output: ctr: no space',
            "failed: ctr: no space",
        ),
        ("", "no reason given"),
    ],
)
def test_failures_say_what_they_mean(said, meaning):
    """What kind repeats of Docker and of kubeadm becomes a sentence."""
    error = program.explained(("create", "cluster"), said)
    assert meaning in error.message


@pytest.mark.parametrize(
    ("version", "words"),
    [("kind v0.20.0 go1.20", "too old"), ("nothing of the sort", "says no version")],
)
def test_a_kind_that_will_not_do_is_refused(fake_kind, version, words):
    """It is older than Kubernetes 1.31, or no kind at all."""
    if docker_reason():
        pytest.skip(docker_reason())
    fake_kind.says(f"echo {version}")
    with pytest.raises(LabUnavailable, match=words):
        program.require()
    assert words in program.reason()


def test_a_kind_that_does_not_run_is_refused(fake_kind):
    """One that was made for another processor, say."""
    if docker_reason():
        pytest.skip(docker_reason())
    (fake_kind.folder / "kind").write_bytes(b"\x7fELF")
    with pytest.raises(LabUnavailable, match="does not run"):
        program.require()


def test_a_kind_of_today_is_taken(fake_kind):
    """Nothing stands against it."""
    if docker_reason():
        pytest.skip(docker_reason())
    program.require()
    assert "" == program.reason()
