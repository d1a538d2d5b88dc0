"""The import of paramiko: quick, and nothing lost by it."""

import subprocess
import sys

import pytest

MATCH_EXEC = """
import io, sys, paramiko
config = paramiko.SSHConfig.from_text("Match exec true\\n  User seen\\nMatch exec false\\n  Port 9\\n")
print(config.lookup("s1")["user"], "invoke" in sys.modules)
"""


def said(code):
    """Run Python code in a process of its own and return what it prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("heavy", ["invoke", "asyncio", "unittest", "yaml"])
def test_what_a_fleet_does_without_is_not_imported(heavy):
    """Each of these would make every command of edgebook start later."""
    assert "False" == said(f"import sys, edgebook.ssh; print({heavy!r} in sys.modules)")


def test_match_exec_in_an_ssh_config_still_works():
    """Invoke comes with the line that needs it: one Match holds, one does not."""
    assert "seen True" == said(f"import edgebook.ssh\n{MATCH_EXEC}")


def test_invoke_can_be_imported_afterwards():
    """Other libraries find it where it is."""
    assert "invoke" == said("import edgebook.ssh, invoke; print(invoke.__name__)")


@pytest.mark.parametrize("first", ["paramiko", "invoke"])
def test_what_is_imported_already_is_left_alone(first):
    """A program that has paramiko or invoke keeps its own."""
    code = f"import {first}, edgebook.ssh, paramiko.config, types; print(type(paramiko.config.invoke).__name__)"
    assert "module" == said(code)
