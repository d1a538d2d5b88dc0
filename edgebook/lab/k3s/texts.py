"""The files install.sh writes on a host, as text.

Not the installer: it decides which of them are written, where, and when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

UNIT = """\
[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type={type}
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-{env_file}
KillMode=process
Delegate=yes
User=root
# Having non-zero Limit*s causes performance problems due to accounting overhead
# in the kernel. We recommend using cgroups to do container-local accounting.
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart={bin_dir}/k3s \\
    {command} \\
{arguments}
"""
PROXY_NAMES = frozenset({"NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY"})


def quote(text: str) -> str:
    """Put a text in single quotes for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def unit(*, kind: str, env_file: str, bin_dir: str, command: str, arguments: Sequence[str]) -> str:
    """Compose the service file."""
    lines = "".join(f"\t{quote(argument)} \\\n" for argument in arguments)
    return UNIT.format(type=kind, env_file=env_file, bin_dir=bin_dir, command=command, arguments=lines)


def environment(variables: Mapping[str, str]) -> str:
    """Compose the environment file: what K3s is to know, then the proxies."""
    own = [name for name in sorted(variables) if name.startswith(("K3S_", "CONTAINERD_"))]
    proxies = [name for name in sorted(variables) if name.upper() in PROXY_NAMES]
    return "".join(f"{name}={quote(variables[name])}\n" for name in [*own, *proxies])


def killall(bin_dir: str) -> str:
    """Compose the script that stops everything K3s runs."""
    return (
        "#!practice:k3s-killall\n# Stops K3s and its containers, and removes its network interfaces.\n"
        f"# Installed in {bin_dir}.\nexec /usr/lib/practice/k3s-killall\n"
    )


def uninstall(name: str) -> str:
    """Compose the script that removes K3s from the host."""
    return (
        f"#!practice:k3s-uninstall {name}\n# Removes the unit {name}, the binary, the configuration and the data.\n"
        f"exec /usr/lib/practice/k3s-uninstall {name}\n"
    )
