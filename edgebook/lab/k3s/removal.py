"""k3s-killall.sh and k3s-uninstall.sh: what they stop and what they remove.

Not /etc/rancher/node: the real scripts leave the node's password too, and so a host keeps its identity.
"""

from __future__ import annotations

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.k3s import podnetwork
from edgebook.lab.k3s.containerd import runtimes
from edgebook.lab.k3s.registry import registry

BIN = "/usr/local/bin"
UNITS = "/etc/systemd/system"
TOOLS = ("kubectl", "crictl", "ctr")
KILLED = ("/run/k3s", "/run/flannel", "/var/lib/cni", "/var/lib/kubelet/pods")


def _remove(call: Call, path: str) -> None:
    files = call.host.files
    if files.exists(path, follow=False):
        files.remove(path, recursive=files.is_folder(path) and not files.stat(path, follow=False).is_link)


def _units(call: Call) -> list[str]:
    if not call.host.files.is_folder(UNITS):
        return []
    names = call.host.files.listdir(UNITS)
    return [name for name in names if name.startswith("k3s") and name.endswith(".service")]


async def _killall(call: Call) -> None:
    call.err("+ [ -s /etc/systemd/system/k3s*.service ]\n")
    for name in _units(call):
        call.err(f"+ systemctl stop {name}\n")
        await call.run(["systemctl", "stop", name], user="root")
    runtimes(registry(call.world)).kill_all(call.host)
    for path in KILLED:
        _remove(call, path)
    for link in podnetwork.LINKS:
        call.err(f"+ ip link delete {link}\n")
    call.err("+ rm -rf /var/lib/cni/\n")
    podnetwork.down(call.host)


def _denied(call: Call) -> bool:
    if call.user == "root" or call.host.sudo == "nopasswd":
        return False
    call.err("sudo: a terminal is required to read the password; either use the -S option\n")
    call.err("sudo: a password is required\n")
    return True


@program("k3s-killall", folder="/usr/lib/practice")
async def killall(call: Call) -> int:
    """Stop every K3s unit and what it runs; the data stay."""
    if _denied(call):
        return 1
    await _killall(call)
    return 0


@program("k3s-uninstall", folder="/usr/lib/practice")
async def uninstall(call: Call) -> int:
    """Remove K3s from the host: its unit, and with the last one the program, its data and its configuration."""
    if _denied(call):
        return 1
    name = (*call.built, *call.argv[1:], "k3s")[0]
    call.err("+ id -u\n+ [ 0 -eq 0 ]\n+ /usr/local/bin/k3s-killall.sh\n")
    await _killall(call)
    call.err(f"+ systemctl disable {name}\n")
    for words in (["disable", name], ["reset-failed", name]):
        await call.capture(["systemctl", *words], user="root")
    for path in (f"{UNITS}/{name}.service", f"{UNITS}/{name}.service.env"):
        call.err(f"+ rm -f {path}\n")
        _remove(call, path)
    await call.capture(["systemctl", "daemon-reload"], user="root")
    if _units(call):
        call.out("Additional k3s services installed, skipping uninstall of k3s\n")
    else:
        _remove_all(call)
    _remove(call, f"{BIN}/{name}-uninstall.sh")
    return 0


def _remove_all(call: Call) -> None:
    data_dir = call.env.get("K3S_DATA_DIR") or "/var/lib/rancher/k3s"
    for tool in TOOLS:
        path = f"{BIN}/{tool}"
        if call.host.files.exists(path, follow=False) and call.host.files.stat(path, follow=False).is_link:
            _remove(call, path)
    for path in ("/etc/rancher/k3s", "/run/k3s", "/run/flannel", data_dir, "/var/lib/kubelet"):
        call.err(f"+ rm -rf {path}\n")
        _remove(call, path)
    runtimes(registry(call.world)).forget(call.host)
    for path in (f"{BIN}/k3s", f"{BIN}/k3s-killall.sh"):
        call.err(f"+ rm -f {path}\n")
        _remove(call, path)
