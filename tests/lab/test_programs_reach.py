"""ping, arping and nc answer from the network's model."""

import pytest

from tests.lab.shellbench import Ran, at_prompt


@at_prompt(servers=2)
async def test_arping_of_a_free_address(prompt):
    """-D ends with 0 when nobody has the address."""
    ran = await prompt("arping -D -I eth0 -c 2 10.20.0.10")
    assert (
        Ran(0, "ARPING 10.20.0.10 from 0.0.0.0 eth0\nSent 2 probes (1 broadcast(s))\nReceived 0 response(s)\n", "")
        == ran
    )


@at_prompt(servers=2)
async def test_arping_of_a_taken_address(prompt):
    """-D ends with 1 and names the hardware address of who has it."""
    ran = await prompt("arping -D -I eth0 -c 2 10.20.0.12")
    assert 1 == ran.code
    assert "Unicast reply from 10.20.0.12 [52:54:00:" in ran.out


@at_prompt(servers=2)
async def test_arping_does_not_hear_a_host_that_is_off(prompt):
    """A host without power does not answer."""
    prompt.world.hosts["s2"].power_off()
    assert 0 == (await prompt("arping -D -I eth0 -c 2 10.20.0.12")).code


@at_prompt
async def test_arping_on_no_interface(prompt):
    """An interface that is not there is an error of its own."""
    assert Ran(2, "", "arping: Device eth9 not available.\n") == await prompt("arping -D -I eth9 10.20.0.10")


@at_prompt(servers=2)
async def test_ping_answers(prompt):
    """Answers are listed and counted."""
    lines = (await prompt("ping -c 2 -W 1 10.20.0.12")).out.splitlines()
    assert "PING 10.20.0.12 (10.20.0.12) 56(84) bytes of data." == lines[0]
    assert "2 packets transmitted, 2 received, 0% packet loss, time 1000ms" == lines[5]


@at_prompt(servers=2)
async def test_ping_without_answer(prompt):
    """No answer is exit code 1 and 100% loss."""
    prompt.world.network.cuts.add(frozenset({"s1", "s2"}))
    ran = await prompt("ping -c 1 -W 1 -q 10.20.0.12")
    assert 1 == ran.code
    assert "1 packets transmitted, 0 received, 100% packet loss" in ran.out


@at_prompt
async def test_ping_without_route(prompt):
    """Without a route the network is unreachable."""
    prompt.host.routes.clear()
    assert Ran(2, "", "ping: connect: Network is unreachable\n") == await prompt("ping -c1 192.0.2.1")


@at_prompt
async def test_ping_of_an_unknown_name(prompt):
    """A name that nobody knows is said so."""
    assert Ran(2, "", "ping: nobody: Name or service not known\n") == await prompt("ping -c1 nobody")


@pytest.mark.parametrize(("port", "code"), [("22", 0), ("23", 1)])
def test_knock(port, code):
    """`nc -z` tells by its exit code whether a port is open."""

    @at_prompt(servers=2)
    async def knock(prompt):
        assert code == (await prompt(f"nc -z -w 1 10.20.0.12 {port}")).code

    knock()


@at_prompt(servers=2)
async def test_knock_says(prompt):
    """-v says what came of it."""
    ran = await prompt("nc -zv 10.20.0.12 22; nc -zv 10.20.0.12 23")
    assert "Connection to 10.20.0.12 22 port [tcp/*] succeeded!" == ran.err.splitlines()[0]
    assert "nc: connect to 10.20.0.12 port 23 (tcp) failed: Connection refused" == ran.err.splitlines()[1]
