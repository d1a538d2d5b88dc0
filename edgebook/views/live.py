"""The live view of a stage: drawn again while its steps run, replaced by how they ended.

Where nobody looks it draws nothing, and the steps view is the cell's value alone.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from edgebook.views import frontend
from edgebook.views.steps import Moment, progress, steps
from edgebook.views.view import View


class Live:
    """Shows a stage under way; `with` it, call `tick`, and take `view` after.

    When what is inside fails, the steps are shown before the error goes on.
    """

    def __init__(self, look: Callable[[], Moment]) -> None:
        self._look = look
        self._slot: frontend.Slot | None = None
        self._drawn: View | None = None
        self._on = frontend.is_live()

    def tick(self) -> None:
        """Draw the stage again if it looks different now."""
        if not self._on:
            return
        view = progress(self._look())
        if self._slot is None:
            self._slot = frontend.Slot(view)
        elif view != self._drawn:
            self._slot.update(view)
        self._drawn = view

    @property
    def view(self) -> View:
        """The steps as they ended; shown by the cell only if the live view does not show it already."""
        made = self._final()
        return made if self._slot is None else Shown(made.html, made.text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._slot is not None:
            self._slot.update(self._final())
        elif error is not None:
            frontend.show(self._final())

    def _final(self) -> View:
        moment = self._look()
        ended = [moment.ended[action.id] for action in moment.actions if action.id in moment.ended]
        return steps(ended, title=moment.title)


class Shown(View):
    """A view that stands in the cell's output already: its first display is left out."""

    def __init__(self, html: str, text: str) -> None:
        super().__init__(html, text)
        self._left_out = False

    def _ipython_display_(self) -> None:
        if self._left_out:
            frontend.show(View(self.html, self.text))
        self._left_out = True
