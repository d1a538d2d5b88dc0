"""Build: which way is taken, with which command, and that nothing is left where it fails."""

import os
import signal
import threading

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import build
from edgebook.lab.docker.image import RECIPE


def program(folder, name, script):
    """Put a stand-in for a program beside that of docker."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def bare(fake_docker, monkeypatch):
    """Give a machine that has docker, without debian:12 and without anything to build from packages."""
    fake_docker.says('case "$1" in import) cat > /dev/null;; build) exit 0;; *) exit 1;; esac')
    folder = fake_docker.program.parent
    for name in ("sh", "cat", "sleep", "tar"):
        (folder / name).symlink_to(f"/bin/{name}")
    monkeypatch.setenv("PATH", str(folder))
    return fake_docker


def test_debian_12_is_built_on_where_it_is_there(bare):
    """Then docker builds from the Dockerfile, with the image as its base."""
    bare.says("exit 0")
    build.build("tag:1", RECIPE, lambda _: None)
    assert f"build --build-arg BASE=debian:12 --tag tag:1 {RECIPE}" == bare.calls[-1]


def test_without_debian_12_mmdebstrap_makes_the_root_and_docker_imports_it(bare):
    """The tar goes through a pipe, and the image gets its command and environment."""
    program(bare.program.parent, "mmdebstrap", "echo a tar")
    said = []
    build.build("tag:1", RECIPE, said.append)
    assert "pull --quiet debian:12" in bare.calls
    assert 'import --change CMD ["/sbin/edge-init"] --change ENV container=docker - tag:1' == bare.calls[-1]
    assert "with mmdebstrap" in said[0]


def test_without_either_the_remedy_is_named(bare):
    """The error names the program to install."""
    with pytest.raises(LabError, match="no mmdebstrap or debootstrap") as caught:
        build.build("tag:1", RECIPE, print)
    assert "apt-get install mmdebstrap" in caught.value.hint


def test_the_recipe_is_the_same_for_every_way():
    """mmdebstrap gets the packages, and both scripts, that the Dockerfile has."""
    command = build.mmdebstrap_command(RECIPE)
    dockerfile = (RECIPE / "Dockerfile").read_text()
    assert {"systemd", "openssh-server", "keepalived", "libfaketime"} <= set(build.packages(RECIPE).split(","))
    assert f"--include={build.packages(RECIPE)}" in command
    for name in build.UNPACKED:
        assert (True, True) == (name in dockerfile, any(name in word for word in command))


def test_a_way_that_fails_says_its_last_line(bare):
    """What the program said last is the reason, and the remedy is to look at the mirror."""
    program(bare.program.parent, "mmdebstrap", "echo E: unreachable >&2; exit 3")
    with pytest.raises(LabError, match="mmdebstrap failed: E: unreachable"):
        build.build("tag:1", RECIPE, print)


def test_a_way_that_never_ends_is_ended(bare, monkeypatch):
    """The time for a build is bounded, and its processes are gone after it."""
    pid = bare.program.parent / "pid"
    program(bare.program.parent, "mmdebstrap", f"echo $$ > {pid}; exec sleep 60")
    monkeypatch.setattr(build, "BUILD_TIMEOUT_S", 0.5)
    with pytest.raises(LabError, match=r"has not ended within 0\.5 s"):
        build.build("tag:1", RECIPE, print)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_ctrl_c_ends_a_build_with_its_processes(bare):
    """Who stops waiting leaves no mmdebstrap behind."""
    pid = bare.program.parent / "pid"
    program(bare.program.parent, "mmdebstrap", f"echo $$ > {pid}; exec sleep 60")
    stop = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    stop.start()
    with pytest.raises(KeyboardInterrupt):
        build.build("tag:1", RECIPE, lambda _: None)
    stop.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_long_build_says_that_it_goes_on(bare, monkeypatch):
    """Every now and then the last line of the program is repeated."""
    program(bare.program.parent, "mmdebstrap", "echo I: installing >&2; sleep 0.5")
    monkeypatch.setattr(build, "WORD_EVERY_S", 0.1)
    said = []
    build.build("tag:1", RECIPE, said.append)
    assert "  still at it: I: installing" in said


def test_debootstrap_is_used_by_root_only(bare, monkeypatch):
    """It needs chroot; to anybody else the other remedy is named."""
    program(bare.program.parent, "debootstrap", "exit 0")
    monkeypatch.setattr(build.os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="cannot be built"):
        build.build("tag:1", RECIPE, print)


def test_debootstrap_makes_a_root_that_is_prepared_and_imported(bare, monkeypatch):
    """The scripts of the recipe are there while it is prepared, and gone from what is imported."""
    folder = bare.program.parent
    program(folder, "debootstrap", 'for root in "$@"; do :; done; mkdir -p "$root/tmp"')
    program(folder, "chroot", '[ -e "$1/tmp/prep.sh" ] && [ -e "$1/tmp/init.sh" ] && [ "$3" = /tmp/prep.sh ]')
    bare.says(f'[ "$1" = import ] && exec /bin/tar -t > {folder}/imported')
    for name in ("umount", "mkdir"):
        program(folder, name, f'exec /bin/{name} "$@"')
    monkeypatch.setattr(build.os, "geteuid", lambda: 0)
    build.with_debootstrap("tag:1", RECIPE, print)
    assert ["./", "./tmp/"] == (folder / "imported").read_text().splitlines()
