"""Programs of the disks show the model's disks in the real tools' layout."""

import json

import pytest

from edgebook.lab.hosts.programs.disks import human_size
from tests.lab.shellbench import Ran, at_prompt, sh


def test_df_posix():
    """`df -Pk` prints the header and columns that a preflight parses."""
    header, row = sh("df -Pk /var/lib").out.splitlines()
    assert "Filesystem     1024-blocks   Used Available Capacity Mounted on" == header
    assert ["/dev/sda3", "62914560", "410000", "62504560", "1%", "/var/lib"] == row.split()


def test_df_repeats_a_disk():
    """Two paths on one disk give two lines, as with the real tool."""
    assert ["/", "/"] == [line.split()[-1] for line in sh("df -P /etc /usr").out.splitlines()[1:]]


def test_df_inodes():
    """`df -Pi` counts inodes."""
    header, row = sh("df -Pi /var/lib").out.splitlines()
    assert ["Filesystem", "Inodes", "IUsed", "IFree", "IUse%", "Mounted", "on"] == header.split()
    assert ["/dev/sda3", "1000000"] == row.split()[:2]


@at_prompt
async def test_df_of_a_full_disk(prompt):
    """A full disk is 100% used and has nothing available."""
    disk = prompt.host.disks["/var/lib"]
    disk.used_kb = disk.size_kb
    assert ["0", "100%"] == (await prompt("df -Pk /var/lib")).out.splitlines()[1].split()[3:5]


def test_df_of_nothing():
    """A path that is not there is named."""
    assert Ran(1, "", "df: /nope: No such file or directory\n") == sh("df -Pk /nope")


def test_df_output_fields():
    """`--output` chooses the columns."""
    assert ["Mounted on", "/var/lib"] == sh("df --output=target /var/lib").out.splitlines()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0"), (1023, "1023"), (1024, "1.0K"), (10240, "10K"), (1536 * 1024, "1.5M"), (60 << 30, "60G")],
)
def test_human_size(size, text):
    """Sizes for people are rounded up and have one place below ten."""
    assert text == human_size(size)


def test_lsblk_json():
    """`lsblk -J` is the JSON the preflight reads, with booleans and nulls."""
    ran = sh("lsblk -dnJo NAME,ROTA,TRAN,TYPE")
    expected = {"blockdevices": [{"name": "sda", "rota": False, "tran": "sata", "type": "disk"}]}
    assert expected == json.loads(ran.out)


def test_lsblk_json_layout():
    """The JSON is laid out as lsblk lays it out."""
    assert '{\n   "blockdevices": [\n      {\n         "name": "sda"\n      }\n   ]\n}\n' == sh("lsblk -dnJo NAME").out


@at_prompt
async def test_lsblk_knows_cards_and_nvme(prompt):
    """The transport follows from the device's name."""
    prompt.host.disks["/var/lib"].device = "/dev/mmcblk0p2"
    prompt.host.disks["/"].device = "/dev/nvme0n1p1"
    assert "nvme0n1 nvme\nmmcblk0\n" == (await prompt("lsblk -dno NAME,TRAN")).out


def test_filesystem_types():
    """`stat -f` names the types as statfs does."""
    assert "cgroup2fs\next2/ext3\ntmpfs\n" == sh("stat -fc %T /sys/fs/cgroup /var/lib /run").out


def test_findmnt():
    """`findmnt` tells which device a mount is."""
    assert "/dev/sda3\n" == sh("findmnt -no SOURCE /var/lib").out


def test_findmnt_of_nothing():
    """What is not mounted is answered by the exit code."""
    assert Ran(1, "", "") == sh("findmnt -no SOURCE /nope")


@at_prompt
async def test_remount_read_only(prompt):
    """A disk that was remounted read-only refuses writes."""
    await prompt("mount -o remount,ro /var/lib")
    assert "touch: cannot touch '/var/lib/x': Read-only file system\n" == (await prompt("touch /var/lib/x")).err


def test_no_swap():
    """Without swap, `swapon --show` prints nothing."""
    assert Ran(0, "", "") == sh("swapon --show")


@at_prompt
async def test_full_disk_stops_writers(prompt):
    """Every writer meets the full disk in its own words."""
    disk = prompt.host.disks["/var/lib"]
    disk.used_kb = disk.size_kb
    ran = await prompt(
        "cd /var/lib; echo x > f; dd if=/dev/zero of=g bs=1k count=4; cp /etc/hostname h; cat /etc/passwd >> f"
    )
    assert [
        "sh: 1: echo: echo: I/O error",
        "dd: error writing 'g': No space left on device",
        "cp: error writing 'h': No space left on device",
        "cat: write error: No space left on device",
    ] == ran.err.splitlines()
