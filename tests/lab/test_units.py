"""The units of a practice host are asked and ordered as with systemctl."""

import asyncio

import pytest

from edgebook.lab.hosts.units import UnitError
from tests.lab.bare import in_world, until
from tests.lab.services import broken, said, steady, work_on


@in_world
async def test_enable_makes_the_link(world):
    """Enabling links the unit into the target that wants it; the second time there is nothing to do."""
    host = work_on(world, steady)
    link = "/etc/systemd/system/multi-user.target.wants/work.service"
    assert [(link, "/etc/systemd/system/work.service")] == host.units.enable("work")
    assert ("enabled", []) == (host.units.is_enabled("work"), host.units.enable("work"))


@in_world
async def test_disable_removes_the_link(world):
    """Disabling takes the link away and leaves the unit."""
    host = work_on(world, steady)
    host.units.enable("work")
    assert 1 == len(host.units.disable("work"))
    assert ("disabled", "loaded") == (host.units.is_enabled("work"), host.units.load_state("work"))


@pytest.mark.parametrize(("name", "state"), [("ssh", "enabled"), ("nothing", ""), ("nm-cloud-setup.service", "")])
@in_world
async def test_enabled_state_of_other_units(world, name, state):
    """A unit that is not there has no enabled state."""
    assert state == world.hosts["s1"].units.is_enabled(name)


@in_world
async def test_unit_without_install_section_is_static(world):
    """What nothing can want is static."""
    host = work_on(world, steady)
    text = host.files.text("/etc/systemd/system/work.service").partition("[Install]")[0]
    host.files.write("/etc/systemd/system/work.service", text)
    assert "static" == host.units.is_enabled("work")


@in_world
async def test_unknown_unit_is_refused(world):
    """systemctl start of what is not there ends with 5."""
    with pytest.raises(UnitError, match=r"Unit nothing.service not found\.") as caught:
        await world.hosts["s1"].units.start("nothing")
    assert 5 == caught.value.code


@in_world
async def test_stopping_an_unknown_unit_is_refused(world):
    """systemctl stop of what is not there ends with 5."""
    with pytest.raises(UnitError, match=r"Unit nothing.service not loaded\.") as caught:
        await world.hosts["s1"].units.stop("nothing")
    assert 5 == caught.value.code


@in_world
async def test_masked_unit_does_not_start(world):
    """A mask wins over everything."""
    host = world.hosts["s1"]
    host.units.mask("cron")
    assert "masked" == host.units.is_enabled("cron")
    with pytest.raises(UnitError, match="is masked"):
        await host.units.start("cron")


@in_world
async def test_unmasked_unit_starts_again(world):
    """Taking the mask away leaves the unit as it was."""
    host = world.hosts["s1"]
    host.units.mask("cron")
    host.units.unmask("cron")
    assert ("loaded", "done") == (host.units.load_state("cron"), await host.units.start("cron"))


@in_world
async def test_changed_unit_wants_a_reload(world):
    """A running unit is used as it was loaded until daemon-reload."""
    host = work_on(world, steady)
    await host.units.start("work")
    path = "/etc/systemd/system/work.service"
    host.files.write(path, host.files.text(path).replace("Lightweight", "Heavyweight"))
    before = (host.units.needs_reload("work"), host.units.show("work")["Description"])
    host.units.daemon_reload()
    after = (host.units.needs_reload("work"), host.units.show("work")["Description"])
    assert ((True, "Lightweight Kubernetes"), (False, "Heavyweight Kubernetes")) == (before, after)


@in_world
async def test_new_unit_needs_no_reload(world):
    """A unit that systemd has not loaded yet is read when it is needed."""
    host = work_on(world, steady)
    assert "no" == host.units.show("work")["NeedDaemonReload"]


@in_world
async def test_drop_in_changes_a_unit(world):
    """A file in NAME.d adds to, or takes back, what the unit says."""
    host = work_on(world, broken, more="Restart=no\n")
    host.files.write("/etc/systemd/system/work.service.d/10-again.conf", "[Service]\nRestart=always\n", parents=True)
    assert "always" == host.units.show("work")["Restart"]


@in_world
async def test_power_cut_ends_units_without_a_word(world):
    """No unit stops in an orderly way when the power goes."""
    host = work_on(world, steady)
    await host.units.start("work")
    before = said(host)
    host.power_off()
    await asyncio.sleep(0)
    assert (before, "inactive", {}) == (said(host), host.units.is_active("work"), host.listeners)


@in_world
async def test_power_on_starts_what_is_enabled(world):
    """After the boot only the enabled units run."""
    host = work_on(world, steady)
    host.units.enable("work")
    host.power_off()
    host.power_on()
    await until(lambda: host.units.is_active("work") == "active")
    assert "active" == host.units.is_active("ssh")


@in_world
async def test_unit_that_is_not_enabled_stays_down_after_boot(world):
    """What nobody wants at boot is not started."""
    host = work_on(world, steady)
    await host.units.start("work")
    host.power_off()
    host.power_on()
    await until(lambda: host.units.is_active("ssh") == "active")
    assert "inactive" == host.units.is_active("work")


@in_world
async def test_reset_failed_forgets_the_failure(world):
    """A failed unit is inactive after reset-failed."""
    host = work_on(world, broken)
    await host.units.start("work")
    host.units.reset_failed("work")
    assert ("inactive", "success") == (host.units.is_active("work"), host.units.state("work").result)


@in_world
async def test_main_pid_is_in_the_process_table(world):
    """The main process is one that ps lists."""
    host = work_on(world, steady)
    await host.units.start("work")
    process = host.processes.get(host.units.state("work").main_pid)
    assert ("/usr/local/bin/work", "server") == process.argv
