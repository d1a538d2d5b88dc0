"""What the stand-in puts into a practice host so that it passes for a node of kind: files, and no Kubernetes."""

import io
import tarfile

NODE = {
    "kind/version": (0o644, "v1.31.9\n"),
    "usr/local/bin/kubectl": (0o755, "#!/bin/sh\necho condition met\n"),
    "etc/systemd/system/kubelet.service": (0o644, "[Service]\nExecStart=/bin/sleep infinity\n"),
    "var/lib/kubelet/config.yaml": (
        0o600,
        "evictionHard:\n  imagefs.available: 5%\n  nodefs.available: 5%\n  nodefs.inodesFree: 5%\nfailSwapOn: false\n",
    ),
}


def as_tar(files):
    """Pack files as `docker cp -` wants them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, (mode, text) in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(text.encode()), mode
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()
