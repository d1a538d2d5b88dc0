"""The rows: which work is measured, on how many hosts, and how each tool is asked to do it.

Not the clock (`course`) and not the arithmetic (`figures`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import yaml

from tests.benchmarks.hosts import ansible
from tests.benchmarks.hosts.entrants import Entrant, peer, program
from tests.benchmarks.hosts.figures import OURS
from tests.benchmarks.hosts.ground import FIVE, PAYLOAD_BYTES, REMOTE, Ground

EIGHT = 8
TEN = 10
FAR_MS = 100.0
NEAR_AIM = 1.2
"""Edgebook is to take at most this many times what the fastest peer takes."""
PREFLIGHT_AIM = 0.1
"""And for a preflight at most a tenth of Ansible's fact gathering."""
LIBRARIES = {
    "asyncssh": ("asyncssh", "host keys checked"),
    "fabric": ("fabric", "ThreadingGroup; host keys checked, which is not its default"),
    "parallel_ssh": ("pssh", "native client; it has no check of host keys"),
}
"""The programs under `peers/`: the module each needs, and what is to be known of it."""


def as_it_is(ground: Ground) -> None:
    """Leave the hosts as they are."""


@dataclass(frozen=True)
class Row:
    """One piece of work, and those who do it."""

    id: str
    title: str
    hosts: int
    entrants: Callable[[Ground], Sequence[Entrant]]
    aim: float = NEAR_AIM
    rtt_ms: float = 0.0
    often: int = 1
    """How many rounds one of `--repeats` is: short work needs more of them for a steady median."""
    notes: tuple[str, ...] = ()
    before: Callable[[Ground], None] = as_it_is
    """Done before every run, outside its time."""
    after: Callable[[Ground], None] = as_it_is
    """Done after every run, outside its time; raises when the work was not done."""


def _programs(ground: Ground, act: str, count: int, *, serve: bool = False) -> list[Entrant]:
    """Return edgebook and the libraries, each as a program."""
    hosts = ground.first(count)
    ours = Entrant(OURS, (peer(OURS, act, hosts, serve=serve),), serve=serve, note="host keys checked")
    return [ours] + [
        Entrant(
            tool.replace("_", "-"), (peer(tool, act, hosts, serve=serve),), modules=(module,), serve=serve, note=note
        )
        for tool, (module, note) in LIBRARIES.items()
    ]


def _fanout(ground: Ground) -> list[Entrant]:
    words = ("all", "-i", str(ground.inventory(EIGHT)), "-f", str(EIGHT), "-m", "command", "-a", "uname -r")
    commands = tuple(
        (program("ssh"), *ground.ssh_options(), f"{host['user']}@{host['address']}", "uname -r")
        for host in ground.hosts
    )
    return [
        *_programs(ground, "fanout", EIGHT),
        Entrant("OpenSSH", commands, ("ssh",), note="one process a host, all at once; host keys checked"),
        *(ansible.entrant(ground, "ansible", words, pipelining=on, row="fanout") for on in (False, True)),
    ]


def _sudo_ten(ground: Ground) -> list[Entrant]:
    book = ground.folder / "sudo-ten.yaml"
    task = {"ansible.builtin.command": "id -u", "changed_when": False}
    book.write_text(yaml.safe_dump([{"hosts": "all", "become": True, "gather_facts": False, "tasks": [task] * TEN}]))
    words = ("-i", str(ground.inventory(EIGHT)), "-f", str(EIGHT), str(book))
    note = "the same ten commands in one exec (Host.run_all)"
    round_ = Entrant(f"{OURS} in one round", (peer(OURS, "sudo-round", ground.first(EIGHT)),), note=note)
    ours, *peers = _programs(ground, "sudo-ten", EIGHT)
    books = (ansible.entrant(ground, "ansible-playbook", words, pipelining=on, row="ten") for on in (False, True))
    return [ours, round_, *peers, *books]


def _preflight(ground: Ground) -> list[Entrant]:
    words = ("all", "-i", str(ground.inventory(FIVE)), "-f", str(EIGHT), "-m", "setup")
    hosts = ground.first(FIVE)
    return [
        Entrant(OURS, (peer(OURS, "facts", hosts),), note="facts of every host, and every check of hosts and fleet"),
        Entrant(
            f"{OURS} runbook 10",
            (peer(OURS, "preflight", hosts),),
            note="the site file, facts, K3s's own questions and checks; its two ARP probes alone wait for 2 s",
        ),
        *(ansible.entrant(ground, "ansible", words, pipelining=on, row="setup") for on in (False, True)),
    ]


def _preflight_again(ground: Ground) -> list[Entrant]:
    of = ("all", "-i", str(ground.inventory(FIVE)), "-f", str(EIGHT), "-m")
    warm = partial(ansible.entrant, ground, "ansible", (*of, "setup"), row="again", warm=(*of, "ping"))
    note = "the process and its connections are kept, as a notebook's kernel keeps them"
    ours = Entrant(OURS, (peer(OURS, "facts-again", ground.first(FIVE), serve=True),), serve=True, note=note)
    return [ours, *(warm(pipelining=on) for on in (False, True))]


def _upload(count: int, ground: Ground) -> list[Entrant]:
    addresses = [f"{host['user']}@{host['address']}:{REMOTE}" for host in ground.hosts[:count]]
    ssh, file = ground.ssh_options(), str(ground.payload)
    shell = " ".join(["ssh", *ssh])
    hosts = ground.first(count)
    note = "edgebook already imported, as in a runbook; sums before and after sending are inside its time"
    return [
        Entrant(OURS, (peer(OURS, "upload", hosts, serve=True),), serve=True, note=note),
        Entrant(f"{OURS} new process", (peer(OURS, "upload", hosts),), note="the start of Python is inside too"),
        Entrant("scp", tuple((program("scp"), "-q", *ssh, file, to) for to in addresses), ("scp",)),
        Entrant("rsync", tuple((program("rsync"), "-e", shell, file, to) for to in addresses), ("rsync",)),
    ]


def _clear(count: int, ground: Ground) -> None:
    ground.ask(count, f"rm -rf {REMOTE} .cache")
    ground.payload.touch()  # edgebook remembers the sum of a file that has not changed since


def _same(count: int, ground: Ground) -> None:
    sums = {said.split()[0] for said in ground.ask(count, f"sha256sum {REMOTE}")}
    if sums != {ground.digest}:
        raise RuntimeError(f"what arrived is not what was sent: {sums}")


def _upload_row(count: int, name: str) -> Row:
    return Row(
        f"upload-{name}",
        f"{PAYLOAD_BYTES // 1_000_000} MB to {name} host{'s at once' if count > 1 else ''}, new connections",
        count,
        partial(_upload, count),
        notes=("scp and rsync check no sum in their time; what arrived was summed after every run, outside it",),
        before=partial(_clear, count),
        after=partial(_same, count),
    )


NEW = "new process, new connections"
INSIDE = "library already imported, new connections"
ROWS = (
    Row("fanout", f"one command on 8 hosts, {NEW}", EIGHT, _fanout),
    Row(
        "fanout-inside",
        f"one command on 8 hosts, {INSIDE}",
        EIGHT,
        partial(_programs, act="fanout", count=EIGHT, serve=True),
        often=3,
    ),
    Row(
        "fanout-far",
        f"one command on 5 hosts at 100 ms round trip, {INSIDE}",
        FIVE,
        partial(_programs, act="fanout", count=FIVE, serve=True),
        rtt_ms=FAR_MS,
        often=2,
    ),
    Row("sudo-ten", f"ten commands as root on 8 hosts, {NEW}", EIGHT, _sudo_ten),
    Row(
        "preflight",
        f"preflight of 5 hosts at 100 ms round trip against fact gathering, {NEW}",
        FIVE,
        _preflight,
        PREFLIGHT_AIM,
        FAR_MS,
    ),
    Row(
        "preflight-again",
        "preflight of 5 hosts at 100 ms round trip against fact gathering, connections open",
        FIVE,
        _preflight_again,
        PREFLIGHT_AIM,
        FAR_MS,
    ),
    _upload_row(1, "one"),
    _upload_row(FIVE, "five"),
)
