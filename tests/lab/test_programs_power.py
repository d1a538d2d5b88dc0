"""reboot and poweroff switch a host off and on."""

import asyncio

import pytest

from tests.lab.bare import until
from tests.lab.shellbench import Ran, at_prompt, sh


@pytest.mark.parametrize("text", ["reboot", "systemctl reboot", "shutdown -r now"])
def test_reboot(text):
    """After a reboot the host is up again, with its services and a new boot in its journal."""

    @at_prompt
    async def boot(prompt):
        before = (await prompt("cat /proc/sys/kernel/random/boot_id")).out
        assert 0 == (await prompt(text)).code
        await until(lambda: not prompt.host.powered)
        await until(lambda: prompt.host.powered and prompt.host.units.is_active("ssh") == "active")
        assert before != (await prompt("cat /proc/sys/kernel/random/boot_id")).out

    boot()


@pytest.mark.parametrize("text", ["poweroff", "systemctl poweroff", "shutdown -h now"])
def test_poweroff(text):
    """After a poweroff the host stays off."""

    @at_prompt
    async def off(prompt):
        await prompt(text)
        await until(lambda: not prompt.host.powered)
        await asyncio.sleep(0.2)
        assert not prompt.host.powered

    off()


def test_user_is_refused():
    """An ordinary user does not switch the host off."""
    assert Ran(1, "", "Call to Reboot failed: Access denied\n") == sh("/usr/sbin/reboot", user="edge")


def test_cancelled_shutdown():
    """`shutdown -c` has nothing to cancel."""
    assert Ran(0, "", "") == sh("shutdown -c")
