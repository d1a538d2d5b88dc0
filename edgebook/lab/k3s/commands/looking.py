"""The commands of `k3s` that only look: certificate check, check-config, secrets-encrypt.

Not complete: of each what an operator reads first.
"""

from __future__ import annotations

from edgebook.lab.hosts.call import Call
from edgebook.lab.k3s.commands.local import CommandFailed, plain, say, server_here
from edgebook.lab.k3s.hostcheck import CONTROLLERS
from edgebook.lab.k3s.settings import DATA_DIR

CERTIFICATES = {
    "client-admin.crt": "system:admin",
    "client-controller.crt": "system:kube-controller-manager",
    "client-kube-apiserver.crt": "system:apiserver",
    "client-kube-proxy.crt": "system:kube-proxy",
    "client-scheduler.crt": "system:kube-scheduler",
    "client-supervisor.crt": "system:k3s-supervisor",
    "serving-kube-apiserver.crt": "kube-apiserver",
}
NEEDED = ("cpu", "cpuset", "memory", "pids")
WARN_DAYS = 120


def certificates(call: Call, words: list[str]) -> int:
    """Answer `k3s certificate check`."""
    if plain(words, "--output", "--data-dir")[:1] != ["check"]:
        raise CommandFailed("of `k3s certificate` the practice site has `check` only")
    process = server_here(call)
    left = (process.cluster.expires - call.host.now()).days
    state = "EXPIRED" if left < 0 else "WARNING" if left < WARN_DAYS else "OK"
    until = process.cluster.expires.strftime("%b %d, %Y %H:%M UTC")
    call.out(f"{'FILENAME':<28}{'SUBJECT':<34}{'USAGES':<13}{'EXPIRES':<26}{'RESIDUAL TIME':<16}STATUS\n")
    for name, subject in CERTIFICATES.items():
        usage = "ServerAuth" if name.startswith("serving") else "ClientAuth"
        call.out(f"{name:<28}{'CN=' + subject:<34}{usage:<13}{until:<26}{f'{left} days':<16}{state}\n")
    return 0


def check_config(call: Call) -> int:
    """Answer `k3s check-config`."""
    files = call.host.files
    have = files.text(CONTROLLERS).split() if files.exists(CONTROLLERS) else []
    missing = [name for name in NEEDED if name not in have]
    call.out(f"\nVerifying binaries in {DATA_DIR}/data/current/bin:\n- sha256sum: good\n- links: good\n")
    call.out("\nSystem:\n- iptables v1.8.9 (nf_tables): ok\n- swap: disabled\n")
    call.out("- routes: ok\n\nLimits:\n- /proc/sys/kernel/keys/root_maxkeys: 1000000\n")
    call.out("\nGenerally Necessary:\n- cgroup hierarchy: cgroups V2 mounted, ")
    call.out("cpu|cpuset|memory controllers status: " + ("good\n" if not missing else f"missing {' '.join(missing)}\n"))
    call.out(f"\nSTATUS: {'pass' if not missing else f'{len(missing)} (fail)'}\n")
    return 1 if missing else 0


def secrets_encrypt(call: Call, words: list[str]) -> int:
    """Answer `k3s secrets-encrypt status`."""
    if plain(words)[:1] != ["status"]:
        raise CommandFailed("of `k3s secrets-encrypt` the practice site has `status` only")
    process = server_here(call)
    if process.settings.on("secrets-encryption"):
        call.out(
            "Encryption Status: Enabled\nCurrent Rotation Stage: start\nServer Encryption Hashes: All hashes match\n"
        )
        call.out("\nActive  Key Type  Name\n------  --------  ----\n *      AES-CBC   aescbckey\n")
    else:
        say(call, "info", "Encryption configuration file is not found")
        call.out("Encryption Status: Disabled, no configuration file found\n")
    return 0
