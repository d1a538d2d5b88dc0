"""One run of `k3s agent`.

Not a server: it holds nothing, and finds the servers again by itself.
"""

import time
from http import HTTPStatus

from . import nodes, tokens, wire
from .kubelet import Kubelet, password
from .service import Fatal, log, ready

WAITING = "Waiting to retrieve agent configuration; server is not ready: "
BALANCER = "https://127.0.0.1:6444"
RETRY_S, BEAT_S = 1.0, 1.0


class Agent:
    """An agent: admitted by its token, announced as a node, until it is stopped."""

    def __init__(self, settings):
        self.settings = settings
        self.kubelet = Kubelet(settings)
        self.url = settings.text("server").rstrip("/")
        self.ca = ""
        self.token = tokens.Token("")

    def run(self):
        """Live until stopped; raise `Fatal` where K3s ends itself."""
        if not self.url:
            raise Fatal("--server is required")
        if not self.settings.node_ip:
            raise Fatal("unable to select an IP from default routes.")
        self._read_token()
        while not self._admitted():
            time.sleep(RETRY_S)
        log("info", "k3s agent is up and running")
        ready()
        while True:
            self._beat()
            time.sleep(BEAT_S)

    def _read_token(self):
        try:
            self.token = tokens.parse(self.settings.token())
        except OSError as exc:
            raise Fatal(f"open {exc.filename}: {(exc.strerror or '').lower()}") from exc
        if not self.token.password:
            raise Fatal("--token is required")

    def _admitted(self):
        try:
            self.ca = wire.authority(self.url, self.token)
        except wire.Refused as exc:
            log("error", f"Failed to validate connection to cluster at {self.url}: {exc}")
            return False
        try:
            return self._configured() and self._announced()
        except OSError as exc:
            log("info", f"{WAITING}{BALANCER}/v1-k3s/readyz: {exc}")
            return False

    def _configured(self):
        code, given = self._call(self.url, "/v1-k3s/config")
        if code != HTTPStatus.OK:
            where = f"failed to retrieve configuration from server: {BALANCER}/v1-k3s/config"
            log("info", f"{WAITING}{where}: {code} {HTTPStatus(code).phrase}")
            return False
        self.kubelet.lay_out(given["servers"])
        return True

    def _announced(self):
        body = {"name": self.settings.node_name, "password": password(), "node": nodes.node(self.settings, ())}
        code, said = self._call(self.url, "/v1-standin/node", body)
        if code != HTTPStatus.OK:
            log("info", f"{WAITING}{said}")
        return code == HTTPStatus.OK

    def _beat(self):
        """Give a sign of life to the configured address, or to the first remembered server that answers."""
        body = {"name": self.settings.node_name, "password": password()}
        for url in (self.url, *(f"https://{one}" for one in self.kubelet.servers())):
            try:
                code, _ = self._call(url, "/v1-standin/node", body)
            except OSError:
                continue
            if code == HTTPStatus.OK:
                _, given = self._call(url, "/v1-k3s/config")
                self.kubelet.remember(given["servers"])
                return
        log("error", "Failed to connect to proxy. Empty dialer response")

    def _call(self, url, path, body=None):
        return wire.call(url, path, ca=self.ca, token=self.token, user="node", body=body, timeout_s=2.0)
