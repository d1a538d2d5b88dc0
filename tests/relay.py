"""A TCP relay whose link breaks when a test says so.

Not a proxy: it knows nothing of SSH.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time


class Relay:
    """A TCP relay in front of a port, whose link can be slowed, frozen, or cut after so many bytes."""

    def __init__(self, port: int) -> None:
        self.frozen = threading.Event()
        self.connections = 0
        self.sent_bytes = 0
        self.cut_after_bytes: int | None = None
        """Cut the link when so many bytes have gone to the host; once."""
        self._to = port
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Break every link that goes through."""
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._listener.accept()
                self.connections += 1
                pair = (ours, socket.create_connection(("127.0.0.1", self._to)))
                self._pairs.append(pair)
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, ours: socket.socket, theirs: socket.socket) -> None:
        with ours, theirs, contextlib.suppress(OSError):
            while True:
                for source in select.select([ours, theirs], [], [])[0]:
                    data = source.recv(16 * 1024)
                    if not data:
                        return
                    while self.frozen.is_set():
                        time.sleep(0.01)
                    if not self._pass(data, to_host=source is ours):
                        return
                    (theirs if source is ours else ours).sendall(data)

    def _pass(self, data: bytes, *, to_host: bool) -> bool:
        self.sent_bytes += len(data) if to_host else 0
        if self.cut_after_bytes is None or self.sent_bytes < self.cut_after_bytes:
            return True
        self.cut_after_bytes = None
        return False
