"""The shell of a practice host does and says what dash does and says."""

import os
import shutil
from pathlib import Path

import pytest

from tests.lab.golden.make import real
from tests.lab.shellbench import FOLDER, golden, sh

CASES, FILES = golden("shell")
VERSION = Path("/etc/debian_version")
ON_DEBIAN = (
    VERSION.exists() and VERSION.read_text().startswith("12.") and os.geteuid() == 0 and bool(shutil.which("mawk"))
)


def in_folder(host):
    """Make the folder the golden scripts run in."""
    host.files.mkdir(FOLDER)


@pytest.mark.parametrize("case", CASES, ids=[case["script"][:40] for case in CASES])
def test_script(case):
    """Each script ends as it did under the real dash: exit code, output, errors."""
    ran = sh("", argv=["sh", "-c", case["script"]], before=in_folder, cwd=FOLDER)
    assert (case["code"], case["out"], case["err"]) == tuple(ran)


@pytest.mark.skipif(not ON_DEBIAN, reason="needs Debian 12 and root")
def test_expectations_are_real():
    """What the scripts are expected to print is what the real dash of this Debian prints."""
    differing = [case["script"] for case in CASES if real(case["script"], FILES) != case]
    assert [] == differing
