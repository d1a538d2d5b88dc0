"""The programs for text and files do and say what Debian 12's do and say."""

import pytest

from tests.lab.golden.make import real
from tests.lab.shellbench import FOLDER, golden, sh
from tests.lab.test_shell import ON_DEBIAN

CASES, FILES = golden("text")


def with_files(host):
    """Make the folder and the files the golden scripts work on."""
    for name, text in FILES.items():
        host.files.write(f"{FOLDER}/{name}", text, parents=True)


@pytest.mark.parametrize("case", CASES, ids=[case["script"][:40] for case in CASES])
def test_script(case):
    """Each script ends as it did with the real tools: exit code, output, errors."""
    ran = sh("", argv=["sh", "-c", case["script"]], before=with_files, cwd=FOLDER)
    assert (case["code"], case["out"], case["err"]) == tuple(ran)


@pytest.mark.skipif(not ON_DEBIAN, reason="needs Debian 12 and root")
@pytest.mark.parametrize("case", CASES, ids=[case["script"][:40] for case in CASES])
def test_expectation_is_real(case):
    """What a script is expected to print is what the real tools of this Debian print."""
    assert case == real(case["script"], FILES)
