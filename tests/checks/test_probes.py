"""Probes: what is asked of a host, and that asking changes nothing."""

from edgebook.checks import probes

CHANGING = {"install", "mkdir", "rm", "mv", "tee", "systemctl start", "modprobe"}


def test_a_data_folder_is_asked_about_with_all_above_it():
    """On a bare host the folder is not there yet: its disk is that of the last folder that is."""
    assert ("df", "-Pk", "/", "/data", "/data/k3s") == probes.disk_probes("/data/k3s")["disk"]


def test_modprobe_is_only_asked_what_it_would_do():
    """No probe loads a module."""
    asked = [argv for argv in probes.ROOT_PROBES.values() if argv[0] == "modprobe"]
    assert {"-n"} == {argv[1] for argv in asked}


def test_the_clock_is_asked_last_as_a_user():
    """Its answer is then the closest to the reply."""
    assert "clock" == list(probes.USER_PROBES)[-1]


def test_every_part_of_the_kernel_has_a_trace_to_look_for():
    """What modprobe is asked for is looked for as built in too."""
    assert {name for name, argv in probes.ROOT_PROBES.items() if argv[0] == "modprobe"} == set(probes.BUILT_IN)
