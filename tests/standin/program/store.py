"""What the servers of one cluster know together: its nodes, and when each was last heard of.

Not etcd: there is no majority and no leader. Each server keeps all of it, tells the others, and the later entry wins.
"""

import json
import threading
import time

from . import nodes
from .service import write


class Store:
    """The nodes of a cluster as one server knows them, kept in a file.

    An entry is `{object, password, voter, stamp}`; `object` is None where a node was deleted. The stamp is a
    counter and the server that raised it, so that every server picks the same entry of two.
    """

    def __init__(self, path, me):
        self.path = path
        self.changed = threading.Event()
        self._me = me
        self._heard = {}
        self._lock = threading.RLock()
        self._entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def names(self):
        """Name the nodes there are."""
        with self._lock:
            return sorted(name for name, entry in self._entries.items() if entry["object"])

    def entry(self, name):
        """Return a node's entry, or an empty one."""
        with self._lock:
            return self._entries.get(name) or {"object": None, "password": "", "voter": False, "stamp": [0, ""]}

    def deleted(self, name):
        """Tell whether a node was there and is no more."""
        with self._lock:
            return name in self._entries and not self._entries[name]["object"]

    def shown(self, name):
        """Return a node as the API shows it, or None."""
        with self._lock:
            entry = self.entry(name)
            if not entry["object"]:
                return None
            return nodes.shown(entry["object"], silent_s=self._silent_s(name), voter=entry["voter"])

    def put(self, name, found, **facts):
        """Keep a node, and what is known about it."""
        with self._lock:
            number = max((entry["stamp"][0] for entry in self._entries.values()), default=0) + 1
            entry = {**self.entry(name), **facts, "object": found, "stamp": [number, self._me]}
            self._entries[name] = entry if found else {**entry, "password": "", "voter": False}
            self._save()

    def hear(self, name):
        """Note a sign of life."""
        with self._lock:
            self._heard[name] = time.monotonic()

    def told(self):
        """Return everything, for another server."""
        with self._lock:
            return {"entries": dict(self._entries), "silent": {name: self._silent_s(name) for name in self._heard}}

    def learn(self, told):
        """Take over what another server knows better."""
        with self._lock:
            for name, silent_s in told["silent"].items():
                self._heard[name] = max(self._heard.get(name, float("-inf")), time.monotonic() - silent_s)
            newer = {name: one for name, one in told["entries"].items() if one["stamp"] > self.entry(name)["stamp"]}
            if newer:
                self._entries |= newer
                self._save()

    def peers(self):
        """Return the addresses of the other members of the datastore, by name."""
        with self._lock:
            found = {name: self._entries[name]["object"] for name in self.names() if name != self._me}
            return {name: nodes.address(one) for name, one in found.items() if nodes.etcd(one)}

    def learner(self, besides):
        """Name a member that does not vote yet, if there is one."""
        with self._lock:
            members = [name for name in self.names() if nodes.etcd(self._entries[name]["object"]) and name != besides]
            return next((name for name in members if not self._entries[name]["voter"]), "")

    def _silent_s(self, name):
        return time.monotonic() - self._heard.get(name, float("-inf")) if name in self._heard else nodes.LOST_AFTER_S

    def _save(self):
        write(self.path, json.dumps(self._entries))
        self.changed.set()
