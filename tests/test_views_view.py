"""Views."""

from html.parser import HTMLParser

import pytest

from edgebook import secrets, views
from edgebook.records import Status, Step, StepStatus
from edgebook.views.view import PLOTLY, Figure, View
from tests.plans import action, check, plan

VOID = {"br", "hr", "img"}
NASTY = '<script>alert(1)</script> & `x` "q"'
STEP = Step("x", "first", "s1", NASTY, StepStatus.FAILED, NASTY, NASTY, error=NASTY, hint=NASTY)


class Balance(HTMLParser):
    """Knows which elements are open."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def nasty_plan():
    """Make a plan full of markup."""
    one = action("x", done=True)
    object.__setattr__(one, "title", NASTY)
    two = action("y")
    for name in ("title", "shows", "why", "target"):
        object.__setattr__(two, name, NASTY)
    return plan(one, two, title=NASTY)


def nasty_checks():
    """Make checks full of markup."""
    return [check(NASTY, status, target=NASTY, seen=NASTY, hint=NASTY) for status in Status]


EVERY = {
    "checks": lambda: views.checks(nasty_checks(), title=NASTY),
    "plan": lambda: views.plan(nasty_plan()),
    "steps": lambda: views.steps([STEP], title=NASTY),
    "summary": lambda: views.summary([STEP], stages={"first": NASTY}),
    "progress": lambda: views.progress(views.Moment(NASTY, [action("x")], {"x": STEP}, {"x": 1.0}, 2.0)),
    "card": lambda: views.card(NASTY, {NASTY: NASTY}, caution=NASTY),
    "note": lambda: views.note(NASTY, tone="alarm"),
    "titled": lambda: views.titled(NASTY, views.note(NASTY)),
}


@pytest.mark.parametrize("name", EVERY)
def test_whatever_a_host_says_is_text_on_the_page(name):
    """Markup from outside is escaped, and every element is closed."""
    made = EVERY[name]().html
    balance = Balance()
    balance.feed(made)
    assert balance.open == []
    assert "script" not in balance.seen


@pytest.mark.parametrize("name", EVERY)
def test_every_view_has_an_html_and_a_text_form(name):
    """The same facts, twice, and the same each time."""
    view = EVERY[name]()
    assert view._repr_mimebundle_() == {"text/html": view._repr_html_(), "text/plain": repr(view)}
    assert "alert(1)" in repr(view)
    assert view == EVERY[name]()


@pytest.mark.parametrize("name", EVERY)
def test_no_view_shows_a_secret(name, monkeypatch):
    """Whatever comes in, known secrets are masked in both forms."""
    monkeypatch.setattr(secrets, "_values", {"alert(1)"})
    view = EVERY[name]()
    assert "alert(1)" not in view.html + repr(view)


def test_views_are_equal_when_they_show_the_same():
    """So that a live view is drawn again only when something changed."""
    assert View("<p>", "p") == View("<p>", "p") != View("<b>", "p")
    assert len({View("<p>", "p"), View("<p>", "p")}) == 1


def test_a_figure_is_plotlys_json_and_one_sentence():
    """Where it cannot be drawn, the sentence has the number that matters."""
    figure = Figure({"data": [], "layout": {}}, "It took 3 s.")
    assert figure._repr_mimebundle_() == {PLOTLY: {"data": [], "layout": {}}, "text/plain": "It took 3 s."}
    assert repr(figure) == "It took 3 s."


def test_a_figure_can_be_taken_on_in_plotly():
    """For who wants another colour."""
    assert type(Figure({"data": [], "layout": {"height": 90}}, "x").figure()).__name__ == "Figure"
