"""Releases as upstream publishes them, with programs and archives of a few bytes.

Not K3s: what a program does is nobody's business here.
"""

from __future__ import annotations

import hashlib
import random

VERSION = "v1.31.9+k3s1"
KUBEEDGE = "v1.22.1"
CNI = "v1.6.2"
MACHINES = {"x86_64": 62, "aarch64": 183, "armv7l": 40}
GO = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
SUFFIX = {"x86_64": "", "aarch64": "-arm64", "armv7l": "-armhf"}
CRDS = (
    "apps/apps_v1alpha1_edgeapplication",
    "apps/apps_v1alpha1_nodegroup",
    "devices/devices_v1beta1_device",
    "devices/devices_v1beta1_devicemodel",
    "operations/operations_v1alpha2_configupdatejob",
    "operations/operations_v1alpha2_imageprepulljob",
    "operations/operations_v1alpha2_nodeupgradejob",
    "policy/policy_v1alpha1_serviceaccountaccess",
    "reliablesyncs/cluster_objectsync_v1alpha1",
    "reliablesyncs/objectsync_v1alpha1",
    "router/router_v1_rule",
    "router/router_v1_ruleEndpoint",
)


def program(arch="x86_64", version=VERSION, size=40_000):
    """Return an ELF file for a processor that mentions its version."""
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + (2).to_bytes(2, "little") + MACHINES[arch].to_bytes(2, "little")
    noise = random.Random(f"{arch} {version}").randbytes(size)
    return header + noise + version.encode() + b"\0" + noise[:100]


def k3s(*arches, version=VERSION):
    """Return a K3s release's files by name: programs, images, the installer, and their checksum files."""
    files = {"install.sh": f"#!/bin/sh\n# K3s {version}\n".encode()}
    files["install.sh.sha256sum"] = f"{sha256(files['install.sh'])}  install.sh\n".encode()
    for arch in arches or ("x86_64",):
        own = {
            f"k3s{SUFFIX[arch]}": program(arch, version),
            f"k3s-airgap-images-{GO[arch]}.tar.zst": random.Random(f"images {arch}").randbytes(90_000),
        }
        listed = "".join(f"{sha256(data)}  {name}\n" for name, data in own.items())
        other = f"{'0' * 64}  k3s-airgap-images-{GO[arch]}.tar.gz\n"
        files |= {**own, f"sha256sum-{GO[arch]}.txt": (other + listed).encode()}
    return files


def kubeedge(*arches, version=KUBEEDGE):
    """Return a KubeEdge release's assets by name; the checksum files hold the bare SHA-512, as upstream's do."""
    files = {}
    for arch in arches or ("x86_64",):
        for name in ("keadm", "kubeedge"):
            file = f"{name}-{version}-linux-{GO[arch]}.tar.gz"
            files[file] = random.Random(file).randbytes(30_000)
            files[f"checksum_{file}.txt"] = f"{hashlib.sha512(files[file]).hexdigest()}\n".encode()
    return files


def cni(*arches, version=CNI):
    """Return the CNI plugins' archives and their checksum files."""
    files = {}
    for arch in arches or ("x86_64",):
        name = f"cni-plugins-linux-{GO[arch]}-{version}.tgz"
        files[name] = random.Random(name).randbytes(20_000)
        files[f"{name}.sha256"] = f"{sha256(files[name])}  {name}\n".encode()
    return files


def publish(upstream, *arches, version=VERSION):
    """Put all of it on a server, under upstream's own paths."""
    raw = f"/k3s-io/k3s/{version}"
    for name, data in k3s(*arches, version=version).items():
        folder = raw if name.startswith("install") else f"/k3s-io/k3s/releases/download/{version}"
        upstream.files[f"{folder}/{name}"] = data
    for name, data in kubeedge(*arches).items():
        upstream.files[f"/kubeedge/kubeedge/releases/download/{KUBEEDGE}/{name}"] = data
    for name in ("cloudcore", "edgecore"):
        upstream.files[f"/kubeedge/kubeedge/{KUBEEDGE}/build/tools/{name}.service"] = f"[Unit]\n# {name}\n".encode()
    for name in CRDS:
        upstream.files[f"/kubeedge/kubeedge/{KUBEEDGE}/build/crds/{name}.yaml"] = f"# {name}\n".encode()
    for name, data in cni(*arches).items():
        upstream.files[f"/containernetworking/plugins/releases/download/{CNI}/{name}"] = data


def lay(folder, files):
    """Write files into a folder, and return it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def sha256(data):
    """Return a sum in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
