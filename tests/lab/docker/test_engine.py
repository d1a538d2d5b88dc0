"""Engine: how `docker` is called, and one sentence for each way it cannot be used."""

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import engine

DENIED = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


def test_a_call_returns_what_was_printed(fake_docker):
    """The words go to docker as they are."""
    fake_docker.says('echo "it says $1 $2"')
    assert "it says network ls\n" == engine.call("network", "ls")


def test_lines_are_without_their_ends(fake_docker):
    """Nothing printed is no line."""
    fake_docker.says("printf 'a\\nb\\n'")
    assert ["a", "b"] == engine.lines("ps")
    fake_docker.says("exit 0")
    assert [] == engine.lines("ps")


def test_a_call_that_fails_carries_all_that_was_said(fake_docker):
    """The error has the words, the reason and the whole answer."""
    fake_docker.says("echo no such thing >&2; exit 5")
    with pytest.raises(engine.DockerFailed, match="`docker rm x` failed: no such thing") as caught:
        engine.call("rm", "x")
    assert 5 == caught.value.answer.code


def test_docker_reads_what_it_is_given(fake_docker):
    """Files go in by standard input."""
    fake_docker.says("cat")
    assert "content" == engine.call("cp", "-", "x:/", stdin=b"content")


def test_a_docker_that_hangs_is_an_error_with_its_limit(fake_docker):
    """No call waits longer than it says."""
    fake_docker.says("exec sleep 60")
    with pytest.raises(LabError, match=r"Docker does not answer: `docker ps` took longer than 0.2 s"):
        engine.ask("ps", timeout_s=0.2)


@pytest.mark.parametrize(
    ("said", "reason", "remedy"),
    [
        (DENIED, "you may not talk to Docker", "usermod -aG docker"),
        (DOWN, "Docker does not answer: Cannot connect", "systemctl start docker"),
        ("", "no reason given", "systemctl start docker"),
    ],
)
def test_a_docker_that_refuses_is_one_sentence_with_a_remedy(fake_docker, said, reason, remedy):
    """No permission and no daemon are told apart."""
    fake_docker.says(f"echo '{said}' >&2; exit 1")
    with pytest.raises(LabError) as caught:
        engine.require()
    assert (True, True) == (reason in caught.value.message, remedy in caught.value.hint)
    assert caught.value.message == engine.reason()


def test_no_docker_program_is_said_with_another_way(monkeypatch, tmp_path):
    """Who has no Docker is told of the site that needs none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="there is no docker program here") as caught:
        engine.require()
    assert "--backend embedded" in caught.value.hint
    with pytest.raises(LabError, match="there is no docker program here"):
        engine.ask("ps")


def test_other_systems_than_linux_are_refused_before_docker_is_asked(monkeypatch, fake_docker):
    """There Docker is in a virtual machine, and no address of a host can be reached."""
    monkeypatch.setattr(engine.sys, "platform", "darwin")
    assert ("need Linux" in engine.reason(), []) == (True, fake_docker.calls)


def test_a_docker_that_answers_is_good(fake_docker):
    """Then there is no reason, and nothing is raised."""
    engine.require()
    assert "" == engine.reason()
