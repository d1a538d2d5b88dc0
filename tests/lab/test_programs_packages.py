"""apt-get and dpkg install from the practice archive with apt's words and exit codes."""

import pytest

from tests.lab.shellbench import Ran, at_prompt, sh

READ = "Reading package lists...\nBuilding dependency tree...\nReading state information...\n"
INSTALL = "apt-get install -y --no-install-recommends"


@at_prompt
async def test_install(prompt):
    """Installing keepalived brings its program, its unit, enabled, and its folder."""
    ran = await prompt(f"{INSTALL} keepalived")
    assert 0 == ran.code
    assert "Setting up keepalived (1:2.2.7-1+b2) ..." == ran.out.splitlines()[-1]
    assert "#!practice:keepalived\n" == prompt.host.files.text("/usr/sbin/keepalived")
    assert ("enabled", "inactive") == (
        prompt.host.units.is_enabled("keepalived"),
        prompt.host.units.is_active("keepalived"),
    )
    assert prompt.host.files.is_folder("/etc/keepalived")


@at_prompt
async def test_install_again(prompt):
    """A package that is there is left as it is."""
    await prompt(f"{INSTALL} keepalived")
    expected = f"{READ}keepalived is already the newest version (1:2.2.7-1+b2).\n"
    assert Ran(0, f"{expected}0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", "") == await prompt(
        f"{INSTALL} keepalived"
    )


@at_prompt
async def test_install_starts_what_may_start(prompt):
    """A service without conditions runs after its installation."""
    await prompt(f"{INSTALL} chrony")
    assert "active" == prompt.host.units.is_active("chrony")


def test_unknown_package():
    """A package that the archive has not is refused with 100."""
    assert Ran(100, READ, "E: Unable to locate package nonsense\n") == sh(f"{INSTALL} nonsense")


@pytest.mark.parametrize("cause", ["offline", "route"])
def test_no_way_to_the_archive(cause):
    """Without the Internet apt ends with 100 and the real advice."""

    def cut(host):
        host.online = cause != "offline"
        if cause == "route":
            host.routes.clear()

    ran = sh(f"{INSTALL} keepalived", before=cut)
    assert 100 == ran.code
    assert (
        "E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?"
        == ran.err.splitlines()[-1]
    )


def test_update_offline_succeeds():
    """`apt-get update` without the Internet warns and ends with 0, like the real one."""

    def cut(host):
        host.online = False

    ran = sh("apt-get update", before=cut)
    assert (0, True) == (ran.code, ran.err.startswith("W: Failed to fetch"))


def test_user_is_refused():
    """An ordinary user gets no lock."""
    ran = sh(f"{INSTALL} keepalived", user="edge")
    assert 100 == ran.code
    assert "Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)" in ran.err


def test_full_disk():
    """Without room nothing is fetched."""

    def fill(host):
        host.disks["/"].used_kb = host.disks["/"].size_kb

    assert (
        "E: You don't have enough free space in /var/cache/apt/archives/.\n"
        == sh(f"{INSTALL} keepalived", before=fill).err
    )


@at_prompt
async def test_remove_and_purge(prompt):
    """remove keeps the configuration, purge does not."""
    await prompt(f"{INSTALL} keepalived")
    await prompt("apt-get remove -y keepalived")
    assert not prompt.host.files.exists("/usr/sbin/keepalived")
    assert prompt.host.files.exists("/etc/default/keepalived")
    await prompt(f"{INSTALL} keepalived; apt-get purge -y keepalived")
    assert not prompt.host.files.exists("/etc/keepalived")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "dpkg -s nonsense",
            Ran(
                1,
                "",
                "dpkg-query: package 'nonsense' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n",
            ),
        ),
        ("dpkg-query -W -f '${Status}' curl", Ran(0, "install ok installed", "")),
        ("dpkg-query -W nonsense", Ran(1, "", "dpkg-query: no packages found matching nonsense\n")),
        ("dpkg --print-architecture", Ran(0, "amd64\n", "")),
        ("apt-get dance", Ran(100, "", "E: Invalid operation dance\n")),
        (
            "apt-get autoremove -y",
            Ran(0, f"{READ}0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", ""),
        ),
    ],
)
def test_asking(text, expected):
    """Questions about packages are answered as dpkg does."""
    assert expected == sh(text)


def test_dpkg_lists():
    """`dpkg -l` has one line a package."""
    assert "ii  curl 7.88.1-10+deb12u12 amd64 curl" == sh("dpkg -l curl").out.splitlines()[-1]


@at_prompt
async def test_a_simulation_names_what_would_come_and_changes_nothing(prompt):
    """`-s` prints what would be installed and configured, or purged, a line each."""
    ran = await prompt("apt-get install -s keepalived")
    assert [
        "Inst keepalived (1:2.2.7-1+b2 Debian:12.8/stable [amd64])",
        "Conf keepalived (1:2.2.7-1+b2 Debian:12.8/stable [amd64])",
    ] == ran.out.splitlines()[-2:]
    assert not prompt.host.files.exists("/usr/sbin/keepalived")
    await prompt(f"{INSTALL} keepalived")
    ran = await prompt("apt-get -s purge keepalived")
    assert "Purg keepalived [1:2.2.7-1+b2]" == ran.out.splitlines()[-1]
    assert prompt.host.files.exists("/usr/sbin/keepalived")
