"""The look of the views."""

import re

from edgebook.views import style


def test_the_sheet_is_small():
    """Every output of a notebook carries it, so it stays under three kilobytes."""
    assert len(style.STYLE) < 3000


def test_every_rule_is_bound_to_our_own_class():
    """No rule touches what is not ours on somebody's page."""
    selectors = [part for rule in re.findall(r"^([^{<]+)\{", style.STYLE, re.MULTILINE) for part in rule.split(",")]
    assert [] == [selector for selector in selectors if not selector.strip().startswith(".edgebook")]


def test_colours_of_text_come_from_the_theme_with_a_fallback():
    """JupyterLab's variables are used, and each says what to do without them."""
    assert re.findall(r"var\(--jp-[^,)]+\)", style.STYLE) == []
    assert "var(--jp-content-font-color1," in style.STYLE
