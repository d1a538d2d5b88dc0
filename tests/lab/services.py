"""A unit with a main process of the test's own, on a bare practice host.

Not a real unit: what it runs is a coroutine that the test writes.
"""

from edgebook.lab.hosts.daemon import DaemonExit

UNIT = """\
[Unit]
Description=Lightweight Kubernetes

[Service]
Type={type}
ExecStart=/usr/local/bin/work \\
    server \\

{more}
[Install]
WantedBy=multi-user.target
"""


def work_on(world, run, *, kind="notify", more="", host="s1", header="#!practice:work v1"):
    """Put a unit `work` on a host, whose main process is this coroutine."""
    world.daemons["work"] = run
    machine = world.hosts[host]
    machine.files.write("/usr/local/bin/work", f"{header}\n", 0o755)
    machine.files.write("/etc/systemd/system/work.service", UNIT.format(type=kind, more=more))
    return machine


async def steady(d):
    """Be ready and run until stopped."""
    d.ready()
    await d.stopped.wait()


async def broken(d):
    """Die before being ready."""
    d.log("level=fatal msg=no")
    raise DaemonExit(1)


def said(host):
    """List what the journal has about the unit."""
    return host.journal.messages("work")
