"""What a container does from its start on: lines, ports, files, and its end, as far as anybody has looked.

Not when it starts or starts again; that is the kubelet's.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from edgebook.lab.kube.kubelet import catalogue, script
from edgebook.lab.kube.kubelet.catalogue import FOREVER_S, Image
from edgebook.lab.kube.kubelet.script import Step
from edgebook.lab.kube.trees import Tree

SHELLS = frozenset({"sh", "bash", "ash", "dash"})
ENDING = frozenset(
    {"true", "env", "hostname", "perl", "expr", "ls", "id", "uname", "whoami", "nslookup", "wget", "curl", "ping"}
)
"""Commands that do their work and end, whatever it is."""
Fetch = Callable[[str], str]
SIGKILL_CODE = 137
KEPT_LINES = 5000
"""A kubelet turns logs over at 10 MiB; of a run this many lines are kept."""
FAR_S = 1e15


@dataclass(frozen=True)
class Line:
    """One line of a log, so many seconds after the start."""

    at_s: float
    text: str


@dataclass
class Program:
    """One run of a container's program; what it has done up to a time is worked out when asked."""

    image: Image
    steps: Iterator[Step]
    stops_s: float = 0.0
    stop_code: int = 0
    lines: list[Line] = field(default_factory=list)
    ended: Step | None = None
    _files: list[Step] = field(default_factory=list)
    _next: Step | None = None

    def look(self, until_s: float) -> None:
        """Let it run up to a time."""
        while self.ended is None:
            step = self._next or next(self.steps, None)
            self._next = step
            if step is None or step.at_s > until_s:
                return
            self._next = None
            self._do(step)

    def _do(self, step: Step) -> None:
        if step.what == "end":
            self.ended = step
        elif step.what == "print":
            self.lines.append(Line(step.at_s, step.text))
            del self.lines[:-KEPT_LINES]
        elif step.what != "pass":
            self._files.append(step)

    def has_file(self, name: str, at_s: float) -> bool:
        """Whether the program has made a file by then, and not removed it."""
        self.look(at_s)
        seen = [step.what for step in self._files if step.text == name and step.at_s <= at_s]
        return bool(seen) and seen[-1] == "make"

    def listens(self, port: int, at_s: float) -> bool:
        """Whether a port answers."""
        open_ports = self.image.listens
        return at_s >= self.image.ready_s and (open_ports is None or port in open_ports)

    def page(self, path: str) -> int:
        """Return the HTTP status of a path."""
        ok = not self.image.paths or path.partition("?")[0] in self.image.paths
        return 200 if ok else 404


def program(container: Tree, fetch: Fetch = lambda _: "") -> Program:
    """Return what a container does when it starts now; `fetch` asks a URL, and says what went wrong."""
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    image = catalogue.find(str(container.get("image", "")))
    if image.runs_s != FOREVER_S and container.get("stdin") and (not words or _script_of(words) is None):
        return Program(catalogue.UNKNOWN, iter(()), FOREVER_S)
    if container.get("command") or (words and image.runs_s != FOREVER_S and not image.entry):
        return _typed(image, words, container)
    return Program(image, _own(image, container, _vain(image, container, fetch)), image.stops_s)


def _typed(image: Image, words: list[str], container: Tree) -> Program:
    """Follow a command a person has given instead of the image's own."""
    name = words[0].rpartition("/")[2]
    shell = name in SHELLS
    text = _script_of(words) if shell else shlex.join(words)
    if text is None or (not shell and name not in script.DO and name not in ENDING):
        return Program(image, _own(image, container) if text is None else _for_ever(image), image.stops_s)
    run = script.Run({item["name"]: str(item.get("value", "")) for item in container.get("env") or ()})
    # A first process that has not asked for SIGTERM does not get it: shells and `sleep` last until SIGKILL.
    trapped = "trap" in text
    bare = catalogue.UNKNOWN if image.runs_s != FOREVER_S else image
    return Program(bare, run.play(text), 0.3 if trapped else FOREVER_S)


def _script_of(words: list[str]) -> str | None:
    """Return the text of `sh -c TEXT`; None for a shell that is to read what nobody types."""
    for number, word in enumerate(words[1:], start=1):
        if word.startswith("-") and word.endswith("c"):
            return "".join(words[number + 1 : number + 2])
    return None


def _for_ever(image: Image) -> Iterator[Step]:
    return _own(image, {}) if image.runs_s == FOREVER_S and image is not catalogue.UNKNOWN else iter(())


def _vain(image: Image, container: Tree, fetch: Fetch) -> str:
    """Return what an image prints that cannot fetch what it is to fetch first; nothing where it can."""
    given = {str(item.get("name")): str(item.get("value", "")) for item in container.get("env") or ()}
    for name, words in image.fetches:
        url = given.get(name, "")
        why = fetch(url) if "://" in url and catalogue.OWN_SERVER not in url else ""
        if why:
            return words.format(url=url.rstrip("/"), why=why)
    return ""


def _own(image: Image, container: Tree, vain: str = "") -> Iterator[Step]:
    """Yield what an image does by itself."""
    names = {str(item.get("name")) for item in container.get("env") or ()}
    lacks = image.needs and not names & set(image.needs) and not container.get("envFrom")
    if lacks or vain:
        yield from (Step(0.1, "print", line) for line in (image.missing if lacks else (vain,)))
        yield Step(0.2, "end", code=1)
        return
    for number, line in enumerate(image.lines):
        yield Step(min(image.ready_s, image.runs_s) * number / len(image.lines), "print", line)
    if image.runs_s != FOREVER_S:
        yield Step(image.runs_s, "end", code=image.code)
    beats = 1
    while image.every_s and beats * image.every_s < FAR_S:
        yield Step(beats * image.every_s, "print", image.beat)
        beats += 1
