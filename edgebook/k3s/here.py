"""This computer's side of an install: what is written here, what was there before, and its way back.

Not the kubeconfig's own form (`kubeconfig`), and nothing on hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from edgebook.k3s.former import recent
from edgebook.k3s.kubeconfig import backup_of, has_context, is_ours, same_entry, taken_out, torn
from edgebook.k3s.work import HERE, Work, change
from edgebook.records import Action, Effect, Outcome
from edgebook.secrets import Secret

STAGE = "files-back"
FETCH, MERGE = "kubeconfig/this-computer/fetch", "kubeconfig/this-computer/merge"
KUBECONFIG_BACK, CONTEXT_BACK = f"{STAGE}/this-computer/kubeconfig", f"{STAGE}/this-computer/context"


def here_back(work: Work) -> Iterator[Action]:
    """Plan this computer's files back: the merged context, the site's own kubeconfig, and tokens where wanted."""
    if work.site.k3s.merge_kubeconfig:
        yield _context(work)
    yield _kubeconfig(work)
    for name, secret in (("token", work.site.k3s.token), ("agent-token", work.site.k3s.agent_token)):
        if secret.path is not None:
            yield _token(work, name, secret, secret.path)


def _context(work: Work) -> Action:
    path, name = work.site.path(work.site.k3s.merge_kubeconfig).expanduser(), work.site.context
    own = work.site.path(work.site.k3s.kubeconfig)
    ours = recent(work.history, MERGE, until=CONTEXT_BACK) or same_entry(path, own, name)
    done = not (has_context(path, name) and ours) and not backup_of(path).is_file()
    return change(
        STAGE,
        HERE,
        "context",
        f"Remove the context {name}",
        f"{path}: without {name}, as it was where nobody else changed it",
        partial(_context_back, work, path, own),
        done=done,
        effect=Effect.DESTRUCTIVE,
    )


def _kubeconfig(work: Work) -> Action:
    path = work.site.path(work.site.k3s.kubeconfig)
    ours = recent(work.history, FETCH, until=KUBECONFIG_BACK) or is_ours(path)
    kept = backup_of(path).is_file()
    return change(
        STAGE,
        HERE,
        "kubeconfig",
        "Put the earlier kubeconfig back" if kept else "Remove the kubeconfig",
        f"mv {backup_of(path).name} {work.site.k3s.kubeconfig}" if kept else f"rm {work.site.k3s.kubeconfig}",
        partial(_kubeconfig_back, work, path),
        done=not (path.is_file() and ours) and not kept,
        wave=1,
        effect=Effect.DESTRUCTIVE,
    )


def _token(work: Work, name: str, secret: Secret, path: Path) -> Action:
    made = recent(work.history, f"configuration/this-computer/{name}", until=f"{STAGE}/this-computer/{name}")
    goes = path.is_file() and bool(made) and not work.keep_token
    if work.keep_token:
        shown = f"{secret.reference} stays: snapshots can be restored only with it"
    elif path.is_file() and not made:
        shown = f"{secret.reference} stays: no journal here says that edgebook made it"
    else:
        shown = f"rm {secret.reference.removeprefix('file:')}"
    title = f"Remove the {name.replace('-', ' ')}" if not work.keep_token else f"Keep the {name.replace('-', ' ')}"
    act = partial(_token_back, work, name, secret, path)
    return change(STAGE, HERE, name, title, shown, act, done=not goes, wave=1, effect=Effect.DESTRUCTIVE)


def _context_back(work: Work, path: Path, own: Path) -> Outcome:
    facts = _facts(work, MERGE, CONTEXT_BACK)
    left = taken_out(path, own, work.site.context, mode=str(facts.get("mode") or ""))
    _folders(facts)
    return Outcome(f"context {work.site.context}", left)


def _kubeconfig_back(work: Work, path: Path) -> Outcome:
    facts, kept = _facts(work, FETCH, KUBECONFIG_BACK), backup_of(path)
    for temporary in torn(path):
        temporary.unlink()
    if kept.is_file():
        kept.chmod(int(str(facts.get("mode") or "600"), 8))
        kept.replace(path)
        return Outcome(f"context {work.site.context}", "the earlier file")
    path.unlink(missing_ok=True)
    _folders(facts)
    return Outcome("there", "gone")


def _token_back(work: Work, name: str, secret: Secret, path: Path) -> Outcome:
    path.unlink(missing_ok=True)
    secret.forget()
    _folders(_facts(work, f"configuration/this-computer/{name}", f"{STAGE}/this-computer/{name}"))
    return Outcome("there", "gone")


def _facts(work: Work, step: str, back: str) -> Mapping[str, Any]:
    """Return what was there before a step was begun for the first time; nothing where no journal tells."""
    told = [event.facts["facts"] for event in recent(work.history, step, until=back) if event.facts.get("facts")]
    return told[0] if told else {}


def _folders(facts: Mapping[str, Any]) -> None:
    """Remove the folders that were made for a file, where nothing else is in them."""
    for name in facts.get("made", ()):
        folder = Path(name)
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
