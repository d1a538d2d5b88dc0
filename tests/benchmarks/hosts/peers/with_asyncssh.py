"""AsyncSSH as its documentation runs several clients: one coroutine a host, gathered.

Host keys are checked against the site's known_hosts, as is its default.
"""

import asyncio

import asyncssh
from act import TEN, Hosts, expect, main


def fanout(hosts: Hosts) -> None:
    """Run one command on every host."""
    expect(asyncio.run(_all(hosts, ["uname -r"])), hosts)


def sudo_ten(hosts: Hosts) -> None:
    """Run ten commands as root on every host, over one connection each."""
    answers = asyncio.run(_all(hosts, ["sudo -n id -u"] * TEN))
    expect({name: said for name, said in answers.items() if said == "0\n" * TEN}, hosts)


async def _all(hosts: Hosts, commands: list[str]) -> dict[str, str]:
    said = await asyncio.gather(*(_one(host, commands) for host in hosts))
    return {host["name"]: text for host, text in zip(hosts, said, strict=True)}


async def _one(host, commands: list[str]) -> str:
    async with asyncssh.connect(
        host["address"],
        port=host["port"],
        username=host["user"],
        client_keys=[host["key"]],
        known_hosts=host["known_hosts"],
    ) as connection:
        return "".join([(await connection.run(command, check=True)).stdout for command in commands])


if __name__ == "__main__":
    main({"fanout": fanout, "sudo-ten": sudo_ten})
