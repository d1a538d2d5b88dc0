"""Fabric as its documentation runs a command on a group: ThreadingGroup.

Its default takes any host key; here its client is given known_hosts and refuses others. Its standard
input is not forwarded (`in_stream=False`): the commands have none.
"""

from act import TEN, Hosts, expect, main
from fabric import Connection, ThreadingGroup
from paramiko import RejectPolicy


def fanout(hosts: Hosts) -> None:
    """Run one command on every host."""
    with _group(hosts) as group:
        expect(_answers(hosts, group.run("uname -r", hide=True, in_stream=False)), hosts)


def sudo_ten(hosts: Hosts) -> None:
    """Run ten commands as root on every host, over one connection each."""
    with _group(hosts) as group:
        rounds = [_answers(hosts, group.sudo("id -u", hide=True, in_stream=False)) for _ in range(TEN)]
    root = {host["name"]: "root" for host in hosts if all(said[host["name"]] == "0\n" for said in rounds)}
    expect(root, hosts)


def _group(hosts: Hosts) -> ThreadingGroup:
    group = ThreadingGroup.from_connections(_connection(host) for host in hosts)
    for connection, host in zip(group, hosts, strict=True):
        connection.client.load_host_keys(host["known_hosts"])
        connection.client.set_missing_host_key_policy(RejectPolicy())
    return group


def _connection(host) -> Connection:
    given = {"key_filename": host["key"], "allow_agent": False, "look_for_keys": False}
    return Connection(host["address"], user=host["user"], port=host["port"], connect_kwargs=given)


def _answers(hosts: Hosts, results) -> dict[str, str]:
    names = {host["address"]: host["name"] for host in hosts}
    return {names[connection.host]: result.stdout for connection, result in results.items()}


if __name__ == "__main__":
    main({"fanout": fanout, "sudo-ten": sudo_ten})
