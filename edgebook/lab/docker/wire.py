"""A slow wire: the link of one container, carried by this process with a delay each way.

Not tc netem, which many kernels do not have. It runs as root of the machine's network, in a helper
container: `python -m edgebook.lab.docker.wire carry|restore --bridge NAME --index N`. It takes the
container's port out of the lab's bridge, puts a TAP device in its place, and hands packets over
late. It ends by SIGTERM, and puts the port back. The container must not leave checksums to its
network card (`ethtool -K eth0 tx off`): there is none on this way.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

NET = Path("/sys/class/net")
BRIDGE = re.compile(r"eb[0-9a-f]{6}")
"""What a lab's bridge is called. Any other interface is somebody's own network, and left alone."""
SET_TAP = 0x400454CA
TAP_WITHOUT_HEADER = 0x1002
ALL_PROTOCOLS = 3
OUTGOING = 4
"""Linux numbers: TUNSETIFF; IFF_TAP | IFF_NO_PI; ETH_P_ALL; PACKET_OUTGOING."""
LARGEST = 65_600
BURST = 64
BUFFER_BYTES = 8 << 20
Send = Callable[[bytes], object]


class Lane:
    """One direction: packets leave in the order they came, each after its delay."""

    def __init__(self, send: Send, *, delay_s: float, jitter_s: float, chance: random.Random) -> None:
        self._send = send
        self._delay_s, self._jitter_s, self._chance = delay_s, jitter_s, chance
        self._waiting: deque[tuple[float, bytes]] = deque()

    def take(self, packet: bytes, now: float) -> None:
        """Keep a packet until it is due."""
        due = now + self._delay_s + self._chance.random() * self._jitter_s
        if self._waiting:
            due = max(due, self._waiting[-1][0])
        self._waiting.append((due, packet))

    def hand_on(self, now: float) -> None:
        """Send what is due; a packet that the other side has no room for is lost, as on any wire."""
        while self._waiting and self._waiting[0][0] <= now:
            try:
                self._send(self._waiting.popleft()[1])
            except BlockingIOError:
                continue

    @property
    def due(self) -> float:
        """When the next packet is due; never, where none waits."""
        return self._waiting[0][0] if self._waiting else float("inf")


def port_of(bridge: str, index: int, *, loose: bool = False, net: Path = NET) -> str:
    """Return the name of the interface with this index; raise `SystemExit` unless it is a port of this lab's bridge.

    `loose` takes one that is a port of no bridge too: a wire that was killed left it so.
    """
    if not BRIDGE.fullmatch(bridge):
        sys.exit(f"{bridge} is not the bridge of a lab")
    for path in sorted(net.iterdir()):
        if (path / "ifindex").read_text(encoding="ascii").strip() == str(index):
            master = (path / "master").resolve().name if (path / "master").exists() else ""
            if path.name.startswith("veth") and (master == bridge or (loose and not master)):
                return path.name
            sys.exit(f"{path.name} is not a container's port of {bridge}")
    sys.exit(f"no interface here has the index {index}")


def carry(bridge: str, port: str, *, delay_s: float, jitter_s: float) -> None:
    """Carry a port's packets until SIGTERM; the port is back in its bridge when this returns."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)) as near:
        near.bind((port, 0))
        near.setblocking(False)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        far, tap = _tap(port)
        try:
            _detach(port)
            _ip("link", "set", tap, "master", bridge, "up")
            _say("ready")
            _pump(near, far, delay_s=delay_s, jitter_s=jitter_s)
        except (KeyboardInterrupt, OSError) as end:  # the port is gone where its container is
            _say(f"ended: {end!r}")
        finally:
            os.close(far)
            restore(bridge, port)


def restore(bridge: str, port: str) -> None:
    """Put a port back into its bridge; one that is there already, or gone, is fine."""
    if (NET / port).exists():
        _ip("link", "set", port, "promisc", "off", "master", bridge)


def _tap(port: str) -> tuple[int, str]:
    name = "ebw" + port.removeprefix("veth")[:11]
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, SET_TAP, struct.pack("16sH", name.encode(), TAP_WITHOUT_HEADER))
    return handle, name


def _detach(port: str) -> None:
    """Take a port out of its bridge; promiscuous, for the packets on it are others' too."""
    _ip("link", "set", port, "nomaster", "promisc", "on")


def _pump(near: socket.socket, far: int, *, delay_s: float, jitter_s: float) -> None:
    chance = random.Random()  # noqa: S311 - jitter is no secret
    out = Lane(lambda packet: os.write(far, packet), delay_s=delay_s, jitter_s=jitter_s, chance=chance)
    back = Lane(near.send, delay_s=delay_s, jitter_s=jitter_s, chance=chance)
    while True:
        now = time.monotonic()
        for lane in (out, back):
            lane.hand_on(now)
        wait_s = min(out.due, back.due) - time.monotonic()
        patience_s = None if wait_s == float("inf") else max(0.0, wait_s)
        ready, _, _ = select.select([near.fileno(), far], [], [], patience_s)
        now = time.monotonic()
        if near.fileno() in ready:
            _drain(lambda: _received(near), out, now)
        if far in ready:
            _drain(lambda: os.read(far, LARGEST), back, now)


def _drain(receive: Callable[[], bytes], lane: Lane, now: float) -> None:
    for _ in range(BURST):
        try:
            packet = receive()
        except BlockingIOError:
            return
        if packet:
            lane.take(packet, now)


def _received(near: socket.socket) -> bytes:
    """Read one packet from the port; nothing for one that this process sent itself."""
    packet, origin = near.recvfrom(LARGEST)
    return b"" if origin[2] == OUTGOING else packet


def _say(word: str) -> None:
    """Tell who started this process, by its log."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)  # noqa: S607 - its path differs between systems


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def main(words: list[str] | None = None) -> None:
    """Carry one port's packets, or put a port back."""
    parser = argparse.ArgumentParser(description="Delay one container's link.")
    parser.add_argument("verb", choices=("carry", "restore"))
    parser.add_argument("--bridge", required=True)
    parser.add_argument("--index", type=int, required=True, help="index of the port on this machine")
    parser.add_argument("--delay-ms", type=float, default=0.0, help="each way")
    parser.add_argument("--jitter-ms", type=float, default=0.0, help="up to so much more, each way")
    given = parser.parse_args(words)
    signal.signal(signal.SIGTERM, _stop)
    port = port_of(given.bridge, given.index, loose=given.verb == "restore")
    if given.verb == "restore":
        restore(given.bridge, port)
    else:
        carry(given.bridge, port, delay_s=given.delay_ms / 1000, jitter_s=given.jitter_ms / 1000)


if __name__ == "__main__":
    main()
