"""The wire: the bytes under SSH, and how soon the host learns that they came."""

import contextlib
import socket

import pytest

from edgebook.ssh import wire

LINUX = pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux lets a program acknowledge at once")


@pytest.fixture
def ends():
    """Return our wire over TCP and the other end, which has had some talk already: the kernel is in no hurry then."""
    with contextlib.ExitStack() as undo:
        server = undo.enter_context(socket.create_server(("127.0.0.1", 0)))
        ours = wire.tcp("127.0.0.1", server.getsockname()[1], 5)
        undo.callback(ours.close)
        theirs = undo.enter_context(server.accept()[0])
        for _ in range(20):
            ours.send(b"?")
            theirs.recv(1)
            theirs.send(b"!")
            ours.recv(1)
        yield ours, theirs


def hurries(ours):
    """Say whether the kernel will acknowledge at once."""
    return bool(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK))


def test_what_is_heard_is_counted(ends):
    """Every byte from the host proves that it lives."""
    ours, theirs = ends
    theirs.send(b"hello")
    assert (b"hello", 25) == (ours.recv(100), ours.heard_bytes)


@LINUX
def test_a_greeting_is_acknowledged_at_once(ends):
    """A server that waits for the acknowledgement before its next word need not wait 40 ms."""
    ours, theirs = ends
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    theirs.send(b"SSH-2.0-sshd\r\n")
    ours.recv(100)
    assert hurries(ours)


@LINUX
def test_a_long_talk_is_left_to_the_kernel(ends):
    """After the greeting fewer acknowledgements are better: a large file would pay for each."""
    ours, theirs = ends
    theirs.sendall(b"x" * wire.HURRIED_BYTES)
    while ours.heard_bytes < wire.HURRIED_BYTES:
        ours.recv(1 << 16)
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    theirs.send(b"x")
    ours.recv(1)
    assert not hurries(ours)
