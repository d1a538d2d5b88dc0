"""Views: records in; tables, figures and forms out, each as HTML and as text.

Not a source of facts: nothing here connects, reads a file or decides. Owns plotly, ipywidgets and
IPython's display, and loads them only when something is drawn with them.
"""

from edgebook.views.cards import card, parameters
from edgebook.views.checks import checks
from edgebook.views.contents import runbooks
from edgebook.views.form import Form
from edgebook.views.frontend import is_live, shorten_tracebacks, show
from edgebook.views.live import Live
from edgebook.views.plans import outlook, plan
from edgebook.views.steps import Moment, progress, steps, summary
from edgebook.views.timeline import timeline
from edgebook.views.topology import topology
from edgebook.views.view import Figure, View, note, titled

__all__ = [
    "Figure",
    "Form",
    "Live",
    "Moment",
    "View",
    "card",
    "checks",
    "is_live",
    "note",
    "outlook",
    "parameters",
    "plan",
    "progress",
    "runbooks",
    "shorten_tracebacks",
    "show",
    "steps",
    "summary",
    "timeline",
    "titled",
    "topology",
]
