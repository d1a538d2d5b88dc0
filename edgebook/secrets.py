"""Secrets: references that are resolved as late as possible, and the mask over their values.

Not a store: a secret lives in a file, the environment, an external command or a person's head.
"""

from __future__ import annotations

import getpass
import json
import os
import shlex
import subprocess
import threading
from pathlib import Path

from edgebook.errors import SecretUnavailable

MASK = "‹secret›"
KINDS = ("env", "file", "prompt", "command")
COMMAND_TIMEOUT_S = 30.0
SHORTEST_MASKED = 4
"""Shorter values are not masked: they would blank out half of every text."""

ANSWERS = "EDGEBOOK_ANSWERS"
"""Names a private file that holds the answers to `prompt:` secrets, by reference: a headless kernel cannot ask."""

_values: set[str] = set()
_lock = threading.Lock()


def register(value: str) -> str:
    """Remember a secret's value, so that `mask` hides it everywhere; return it unchanged."""
    with _lock:
        for line in (value, *value.splitlines()):
            if len(line.strip()) >= SHORTEST_MASKED:
                _values.add(line.strip())
    return value


def mask(text: str) -> str:
    """Replace every known secret in a text; the longest first, so that none shows in part."""
    with _lock:
        known = sorted(_values, key=len, reverse=True)
    for value in known:
        text = text.replace(value, MASK)
    return text


def _answer(reference: str) -> str | None:
    """Return what a person was asked before a headless run began; None where nobody was."""
    path = os.environ.get(ANSWERS)
    if not path:
        return None
    answers: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8"))
    return answers.get(reference)


class Secret:
    """A reference to a secret; its value is read on the first call of `value` and never shown.

    Args:
        reference: `env:NAME`, `file:PATH`, `prompt:QUESTION` or `command:PROGRAM ARGS`.
        base: the folder that a relative `file:` path starts from.
    """

    def __init__(self, reference: str, *, base: Path | None = None) -> None:
        kind, _, rest = reference.partition(":")
        if kind not in KINDS or not rest.strip():
            raise ValueError(f"a secret is one of {', '.join(f'{kind}:…' for kind in KINDS)}")
        self.reference = reference
        self.kind = kind
        self._rest = rest.strip()
        self._base = base or Path()
        self._value: str | None = None

    @property
    def path(self) -> Path | None:
        """The file of a `file:` reference; None for the other kinds."""
        return self._file() if self.kind == "file" else None

    def value(self) -> str:
        """Read the secret, remember it for the mask, and return it without its last line end."""
        if self._value is None:
            self._value = register(self._read().rstrip("\r\n"))
        return self._value

    def forget(self) -> None:
        """Read the secret anew at the next call of `value`: its file was written."""
        self._value = None

    def _read(self) -> str:
        try:
            match self.kind:
                case "env":
                    return os.environ[self._rest]
                case "file":
                    return self._file().read_text(encoding="utf-8")
                case "prompt":
                    answer = _answer(self.reference)
                    return getpass.getpass(f"{self._rest}: ") if answer is None else answer
                case _:
                    return self._run()
        except KeyError:
            raise SecretUnavailable(
                f"secret {self.reference}: the environment has no {self._rest}",
                hint=f"export {self._rest}=… and run again",
            ) from None
        except (OSError, EOFError, ValueError, NotImplementedError, subprocess.SubprocessError) as exc:
            # NotImplementedError: a kernel whose front end takes no input, as under papermill or nbval.
            raise SecretUnavailable(
                f"secret {self.reference}: {exc.__class__.__name__}", hint="check the reference in site.yaml"
            ) from exc

    def _file(self) -> Path:
        return self._base / Path(self._rest).expanduser()

    def _run(self) -> str:
        return subprocess.run(
            shlex.split(self._rest),
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=True,
            stdin=subprocess.DEVNULL,
        ).stdout

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reference == self.reference and other._base == self._base

    def __hash__(self) -> int:
        return hash((self.reference, self._base))
