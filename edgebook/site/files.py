"""The files that a site.yaml names: which of them are not there.

Not a mistake of the site.yaml as such: `check` tells, `load` does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgebook.errors import Problem
from edgebook.site.document import Where
from edgebook.site.draft import Draft

# k3s.token and k3s.agent_token are not among them: the runbook makes files that are not there yet.
SSH_SECRETS = ("passphrase", "password", "sudo_password")


def missing(site: Draft, folder: Path) -> Iterator[Problem]:
    """Yield a problem for each file that is named, needed and not there."""
    ssh = [site.part("ssh")]
    for host in [*site.parts("hosts"), *site.parts("jump_hosts")]:
        ssh.append(host.part("ssh"))
        yield from _keys(host, folder)
    for part in ssh:
        yield from _keys(part, folder)
        yield from _one(part, "config", folder)
        yield from _pinned(part, folder, site.text("name"))
        for key in SSH_SECRETS:
            yield from _secret(part, key, folder)
    yield from _bundle(site.part("source"), folder)


def _gone(folder: Path, text: str) -> bool:
    try:
        return not (folder / Path(text).expanduser()).exists()
    except (OSError, RuntimeError):  # a name too long, a folder that may not be read, a `~user` that is unknown
        return True


def _keys(part: Draft, folder: Path) -> Iterator[Problem]:
    for where, text in _said(part, "key"):
        if _gone(folder, text):
            yield part.problem(
                where, f"there is no key file {text}", "ssh-keygen -t ed25519 makes one; paths start at this file"
            )
        elif text.endswith(".pub"):
            yield part.problem(where, f"{text} is a public key", f"the private one: {text.removesuffix('.pub')}")


def _pinned(part: Draft, folder: Path, name: str) -> Iterator[Problem]:
    for where, text in _said(part, "known_hosts"):
        if _gone(folder, text):
            yield part.problem(
                where, f"there is no file {text} with the hosts' keys", f"edgebook site trust {name or 'SITE'}"
            )


def _one(part: Draft, key: str, folder: Path) -> Iterator[Problem]:
    for where, text in _said(part, key):
        if _gone(folder, text):
            yield part.problem(where, f"there is no file {text}", "paths start at this file")


def _secret(part: Draft, key: str, folder: Path) -> Iterator[Problem]:
    for where, text in _said(part, key):
        kind, _, rest = text.partition(":")
        if kind == "file" and _gone(folder, rest.strip()):
            yield part.problem(
                where, f"there is no file {rest.strip()}", "make it, mode 0600, with the secret on one line"
            )


def _bundle(part: Draft, folder: Path) -> Iterator[Problem]:
    if part.text("kind") == "bundle":
        for where, text in _said(part, "path"):
            if _gone(folder, text):
                right = "`edgebook bundle create --site SITE --out PATH` makes one; paths start at this file"
                yield part.problem(where, f"there is no bundle {text}", right)
        yield from _one(part, "signers", folder)


def _said(part: Draft, key: str) -> list[tuple[Where, str]]:
    return part.texts(key) if part.says(key) else []
