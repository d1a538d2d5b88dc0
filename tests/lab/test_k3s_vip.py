"""The registration address that keepalived moves between the servers."""

from tests.lab.k3s_bench import on_bench

PRIORITIES = {"s1": 200, "s2": 150, "s3": 100}
VIP = "10.20.0.10"
CONFIG = """\
global_defs {{
  enable_script_security
  script_user root
}}
vrrp_script chk_k3s {{
  script "/usr/bin/curl -fsk --max-time 2 https://127.0.0.1:6443/ping"
  interval 3
  fall 3
  rise 2
  weight -120
}}
vrrp_instance k3s {{
  interface {interface}
  state BACKUP
  priority {priority}
  virtual_router_id 51
  unicast_src_ip {ip}
  unicast_peer {{
    {peers}
  }}
  virtual_ipaddress {{
    10.20.0.10/24
  }}
  track_script {{
    chk_k3s
  }}
}}
"""
UNIT = "[Unit]\nDescription=Keepalive Daemon\n[Service]\nType=notify\nExecStart=/usr/sbin/keepalived --dont-fork\n"


async def keepalived(bench, *names, interface="eth0"):
    """Put keepalived on hosts and start it."""
    for name in names:
        host = bench.host(name)
        peers = "\n    ".join(bench.host(other).node_ip for other in PRIORITIES if other != name)
        text = CONFIG.format(interface=interface, priority=PRIORITIES[name], ip=host.node_ip, peers=peers)
        bench.write(name, "/etc/keepalived/keepalived.conf", text)
        bench.write(name, "/usr/sbin/keepalived", "#!practice:keepalived\n", 0o755)
        bench.write(name, "/etc/systemd/system/keepalived.service", UNIT, 0o644)
        await bench.sh(name, "systemctl daemon-reload && systemctl start keepalived")


def holders(bench):
    """Return the hosts that have the address."""
    return [name for name in PRIORITIES if VIP in bench.host(name).ips()]


def test_highest_priority_has_the_address():
    """Of three routers without K3s the one with the highest priority takes the address, alone."""

    async def act(bench):
        await keepalived(bench, *PRIORITIES)
        await bench.until(lambda: holders(bench))
        return holders(bench), bench.journal("s1", "keepalived")

    names, text = on_bench(act)
    assert ["s1"] == names
    assert "(k3s) Entering MASTER STATE" in text
    assert "VRRP_Script(chk_k3s) failed (exited with status 7)" in text


def test_address_moves_when_its_host_goes():
    """When the holder loses power the next one takes the address, and gives it back when the first returns."""

    async def act(bench):
        await keepalived(bench, *PRIORITIES)
        await bench.until(lambda: holders(bench) == ["s1"])
        await bench.sh("s1", "systemctl enable keepalived")
        bench.host("s1").power_off()
        await bench.until(lambda: holders(bench) == ["s2"])
        bench.write("s1", "/etc/systemd/system/multi-user.target.wants/keepalived.service", UNIT, 0o644)
        bench.host("s1").power_on()
        await bench.until(lambda: holders(bench) == ["s1"])
        return bench.journal("s2", "keepalived")

    text = on_bench(act)
    assert "(k3s) Entering MASTER STATE" in text
    assert "(k3s) Master received advert from 10.20.0.11 with higher priority" in text


def test_address_moves_when_k3s_stops():
    """When K3s stops on the holder its check fails, its priority falls, and a server with K3s takes the address."""

    async def act(bench):
        await keepalived(bench, *PRIORITIES)
        await bench.up("s1", "s2")
        await bench.until(lambda: holders(bench) == ["s1"])
        await bench.until(lambda: "VRRP_Script(chk_k3s) succeeded" in bench.journal("s2", "keepalived"))
        await bench.until(lambda: "VRRP_Script(chk_k3s) succeeded" in bench.journal("s1", "keepalived"))
        await bench.sh("s1", "systemctl stop k3s")
        await bench.until(lambda: holders(bench) == ["s2"])
        return bench.journal("s1", "keepalived")

    text = on_bench(act)
    assert "Script `chk_k3s` now returning 7" in text
    assert "(k3s) Changing effective priority from 200 to 80" in text


def test_no_two_hold_the_address_while_it_moves():
    """Who takes the address from a lower one advertises at once: at no moment do both have it."""

    async def act(bench):
        await keepalived(bench, "s2")
        await bench.until(lambda: holders(bench) == ["s2"])
        seen = []
        bench.host("s1").add_address = _then(bench.host("s1").add_address, lambda: seen.append(holders(bench)))
        bench.host("s2").remove_address = _then(bench.host("s2").remove_address, lambda: seen.append(holders(bench)))
        await keepalived(bench, "s1")
        await bench.until(lambda: "s1" in holders(bench))
        return seen, holders(bench)

    seen, last = on_bench(act)
    assert [["s1", "s2"], ["s1"]] == seen  # both within one call: nobody else can look in between
    assert ["s1"] == last


def _then(act, note):
    def acted(*given):
        act(*given)
        note()

    return acted


def test_stopped_keepalived_gives_the_address_up():
    """`systemctl stop keepalived` removes the address from the interface."""

    async def act(bench):
        await keepalived(bench, "s1")
        await bench.until(lambda: holders(bench) == ["s1"])
        await bench.sh("s1", "systemctl stop keepalived")
        return holders(bench)

    assert [] == on_bench(act)


def test_hosts_join_and_operators_reach_the_address():
    """Servers and agents join through the address, and the forward leads to its holder."""

    async def act(bench):
        await keepalived(bench, "s1", "s2")
        await bench.until(lambda: holders(bench))
        bench.configure("s1")
        await bench.install("s1")
        for name in ("s2", "a1"):
            bench.configure(name, server=VIP)
            await bench.install(name)
        await bench.until(lambda: bench.ready("a1"))
        pong = (await bench.sh("a1", f"curl -sk -m 5 https://{VIP}:6443/ping")).out
        return pong, bench.world.api_target() is not None

    assert ("pong", True) == on_bench(act)


def test_wrong_interface_ends_keepalived():
    """A configuration with an interface that is not there ends keepalived with exit code 2."""

    async def act(bench):
        await keepalived(bench, "s1", interface="eth9")
        await bench.said("s1", "doesn't exist", unit="keepalived")
        shown = bench.host("s1").units.show("keepalived")
        check = await bench.sh("s1", "keepalived -t -f /etc/keepalived/keepalived.conf")
        return shown["ExecMainStatus"], check.code

    assert ("2", 1) == on_bench(act)
