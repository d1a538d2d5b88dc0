"""Parallel-ssh as its documentation runs a command: ParallelSSHClient, its native client on libssh2.

It has no way to check host keys: it takes any.
"""

import sys

from act import TEN, Hosts, expect, main
from pssh.clients import ParallelSSHClient


def fanout(hosts: Hosts) -> None:
    """Run one command on every host."""
    expect(_answers(_client(hosts), hosts, "uname -r"), hosts)


def sudo_ten(hosts: Hosts) -> None:
    """Run ten commands as root on every host, over one connection each."""
    client = _client(hosts)
    rounds = [_answers(client, hosts, "id -u", sudo=True) for _ in range(TEN)]
    root = {host["name"]: "root" for host in hosts if all(said[host["name"]] == "0" for said in rounds)}
    expect(root, hosts)


def _client(hosts: Hosts) -> ParallelSSHClient:
    one = hosts[0]
    return ParallelSSHClient(
        [host["address"] for host in hosts],
        user=one["user"],
        port=one["port"],
        pkey=one["key"],
        allow_agent=False,
        identity_auth=False,
    )


def _answers(client: ParallelSSHClient, hosts: Hosts, command: str, *, sudo: bool = False) -> dict[str, str]:
    names = {host["address"]: host["name"] for host in hosts}
    output = client.run_command(command, sudo=sudo)
    client.join(output)
    answers = {names[one.host]: "\n".join(one.stdout) for one in output}
    wrong = [f"{one.host}: {one.exit_code} {one.exception} {list(one.stderr)}" for one in output if one.exit_code]
    return answers if not wrong else sys.exit("; ".join(wrong))


if __name__ == "__main__":
    main({"fanout": fanout, "sudo-ten": sudo_ten})
