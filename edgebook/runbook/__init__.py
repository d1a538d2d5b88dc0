"""Runbooks: opening a run, its plan, its steps, its proof, its way back.

Not a topic: what is done to hosts and cluster is said by the plans that topics make.
"""

from edgebook.runbook.approval import Mode
from edgebook.runbook.opening import form, start
from edgebook.runbook.run import Run

__all__ = ["Mode", "Run", "form", "start"]
