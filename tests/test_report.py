"""Pages: complete, readable and without anything from the network."""

from __future__ import annotations

import re
from html import unescape

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from edgebook import report
from edgebook.report.drawing import without_loading
from edgebook.report.figures import script

FIGURE = {"data": [{"type": "bar", "x": ["a"], "y": [1]}], "layout": {"title": {"text": "Servers"}}}
FACTS = {
    "notebook": "10-try",
    "site": "hut",
    "run_id": "20260115T080000Z-10-try",
    "status": "failed",
    "apply": True,
    "changed": 3,
    "seconds": 12.34,
    "began": "2026-01-15T08:00:00Z",
    "failed_step": "join.s2 (s2)",
    "error": "s2: <no> space",
    "hint": "free some & run again",
}
LOADS = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*?\s(?:src|href)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE
)


def display(**data: object):
    """Return a code cell whose only output is of the given types (`html`, `plain`, `plotly`, `view`)."""
    types = {
        "html": "text/html",
        "plain": "text/plain",
        "plotly": "application/vnd.plotly.v1+json",
        "view": "application/vnd.jupyter.widget-view+json",
        "javascript": "application/javascript",
    }
    output = new_output("display_data", data={types[name]: value for name, value in data.items()})
    return new_code_cell("show()", outputs=[output], execution_count=1)


def notebook(*cells, **metadata: object):
    """Return a notebook with a title, two sections and the given cells."""
    head = [
        new_markdown_cell("# Try *it*\n\nRead [this](https://example.com/guide)."),
        new_markdown_cell("## Preflight & more"),
    ]
    return new_notebook(cells=[*head, *cells], metadata=metadata)


@pytest.fixture(scope="module")
def page():
    """A page with a figure, made once: it holds five megabytes."""
    return report.page(notebook(display(plotly=FIGURE, plain="Figure()")), FACTS)


def test_a_figure_is_drawn(page):
    """Plotly's data becomes a drawing, which nbconvert alone would drop."""
    assert "Plotly.newPlot(" in page
    assert '"Servers"' in page


def test_plotly_is_in_the_page_once(page):
    """The page needs no file beside it."""
    assert 1 == page.count("plotly.js v")


def test_nothing_is_loaded_from_the_network(page):
    """No script, style, image or frame has an address outside of the page."""
    assert not LOADS.search(page.replace(script(), ""))


def test_the_browser_is_told_to_load_nothing(page):
    """A content security policy holds whatever a notebook's output says."""
    assert "default-src 'none'" in unescape(page)


def test_links_stay_links(page):
    """A link that a person may follow is not something the page loads."""
    assert '<a href="https://example.com/guide">this</a>' in page


def test_the_banner_says_site_status_and_reason(page):
    """Who, what, how it ended and why stand at the top, escaped."""
    wanted = (
        "hut",
        "failed",
        "20260115T080000Z-10-try",
        "join.s2 (s2)",
        "s2: &lt;no&gt; space",
        "free some &amp; run again",
    )
    assert [] == [text for text in wanted if text not in page]


def test_the_sections_are_listed(page):
    """Each heading of the second level is linked from the contents."""
    assert re.search(r'<li><a href="#[^"]+">Preflight &amp; more</a></li>', page)


def test_the_code_is_there_but_folded(page):
    """A reader opens the code where it is wanted."""
    assert re.search(r'<details class="code"><summary>code</summary>', page)


def test_the_title_is_the_notebooks(page):
    """The page is named after the first heading and the site."""
    assert "<title>Try *it* · hut</title>" in page


def test_a_page_without_figures_holds_no_plotly():
    """Five megabytes are only there for a figure."""
    assert len(report.page(notebook())) < 100_000


def test_beside_loads_plotly_from_the_pages_folder(tmp_path):
    """A batch keeps one plotly.js for all of its pages."""
    page = report.page(notebook(display(plotly=FIGURE)), beside=True)
    report.put_script(tmp_path)
    assert f'<script src="{report.SCRIPT}">' in page
    assert (tmp_path / report.SCRIPT).stat().st_size > 1_000_000


def test_without_facts_there_is_no_banner():
    """A notebook outside of a run is drawn as it is."""
    assert 'class="banner' not in report.page(notebook())


def test_an_output_that_loads_from_the_network_is_disarmed():
    """Scripts and images from elsewhere lose their address; what is inline stays."""
    page = report.page(
        notebook(display(html='<b>kept</b><img src="https://example.com/x.png"><script src="//cdn/x.js"></script>'))
    )
    assert "<b>kept</b>" in page
    assert not LOADS.search(page)


@pytest.mark.parametrize(
    "html",
    [
        '<img alt="x" SRC=http://e.com/x.png>',
        "<link rel=stylesheet href='https://e.com/x.css'>",
        '<video poster="//e.com/x"></video>',
        "<style>@import url(https://e.com/x.css); a { background: url('http://e.com/x') }</style>",
        '<style>@import "https://e.com/x.css";</style>',
    ],
)
def test_every_way_to_load_is_known(html):
    """Attributes in any case and quoting, and addresses in styles, are taken out."""
    assert not re.search(
        r"""(?<!data-offline-)\b(src|href|poster)\s*=\s*["']?(https?:)?//|url\(\s*["']?http|@import\s+"http""",
        without_loading(html),
        re.IGNORECASE,
    )


def test_scripts_that_a_notebook_sends_are_not_run():
    """JavaScript output is left out of the page."""
    assert "alert(1)" not in report.page(notebook(display(javascript="alert(1)")))


def test_text_is_escaped():
    """Plain output is never taken for HTML."""
    assert "&lt;script&gt;" in report.page(notebook(display(plain="<script>")))


def test_our_own_error_is_shown_as_message_and_hint():
    """A failed cell shows what to do, not a traceback."""
    error = new_output("error", ename="StepFailed", evalue="s1: full\n  hint: free some", traceback=["StepFailed: …"])
    page = report.page(notebook(new_code_cell("f()", outputs=[error])))
    assert '<b>StepFailed</b> s1: full</p><p class="hint">free some</p>' in page
    assert "traceback</summary>" not in page


def test_another_error_keeps_its_traceback_folded():
    """A defect's traceback can be opened."""
    error = new_output("error", ename="KeyError", evalue="'a'", traceback=["line 1", "line 2"])
    page = report.page(notebook(new_code_cell("f()", outputs=[error])))
    assert "<summary>traceback</summary>" in page
    assert "line 2" in page


def test_the_notebook_that_is_drawn_is_not_changed():
    """Drawing works on a copy."""
    given = notebook(display(plotly=FIGURE))
    report.page(given, beside=True)
    assert "application/vnd.plotly.v1+json" in given.cells[2].outputs[0].data
