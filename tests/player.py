"""Plays a notebook's code cells in this process, as Run All does, without the price of a kernel.

`python -m tests.player NOTEBOOK NAME=VALUE …` does it in a process of its own, which may be killed.
"""

import ast
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTALL = "10-install-k3s-ha"


class Played:
    """What a played notebook left: its names, and what each cell showed."""

    def __init__(self):
        self.names = {}
        self.shown = []

    @property
    def run(self):
        """The notebook's run."""
        return self.names["run"]

    @property
    def changed(self):
        """The ids of the steps that changed something."""
        return [step.id for step in self.run.steps if step.changed]

    @property
    def text(self):
        """Everything that was shown, as text."""
        return "\n".join(self.shown)


def play(name=INSTALL, *, into=None, before=None, **parameters):
    """Run a notebook's code cells in order; `into` keeps what there was when a cell fails.

    `before` maps a text to what is to be done just before the cell that holds it.
    """
    played = into or Played()
    for cell in json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        for act in (act for text, act in (before or {}).items() if text in source):
            act()
        _execute(source, played)
        if "parameters" in cell["metadata"].get("tags", []):
            played.names.update(parameters)
    return played


def _execute(source, played):
    body = ast.parse(source).body
    last = ast.Expression(body.pop().value) if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<cell>", "exec"), played.names)  # noqa: S102 (a notebook's cell)
    if last is not None:
        shown = eval(compile(last, "<cell>", "eval"), played.names)  # noqa: S307 (a notebook's cell)
        played.shown.append(repr(shown))


if __name__ == "__main__":
    given = dict(pair.split("=", 1) for pair in sys.argv[2:])
    play(sys.argv[1], **{name: ast.literal_eval(value) for name, value in given.items()})
