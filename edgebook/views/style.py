"""The look of tables and cards, in one style sheet that every view carries.

Colours of text and lines come from JupyterLab's theme; where there is none, from the page. The
class stands there twice or thrice because JupyterLab's own rules for tables would win otherwise.
"""

import re

TEXT = "var(--jp-content-font-color1, inherit)"
FAINT = "var(--jp-content-font-color2,inherit)"
LINE = "var(--jp-border-color2,#88888855)"
SHADE = "var(--jp-layout-color2,#88888818)"
SHEET = f"""
.edgebook.edgebook {{
  font: 13px/1.5 var(--jp-content-font-family, system-ui, sans-serif); color: {TEXT};
  margin: 4px 0 10px; max-width: 1100px; overflow-x: auto }}
.edgebook.edgebook table {{
  border-collapse: collapse; table-layout: auto; margin: 4px 0 10px; font-size: inherit;
  border: 0; width: auto; max-width: 100% }}
CELL tr {{ background: transparent }}
CELL th, CELL td {{
  text-align: left; vertical-align: top; padding: 4px 18px 4px 0; border: 0;
  border-bottom: 1px solid {LINE}; white-space: normal; overflow-wrap: break-word }}
CELL thead th {{ font-weight: 600; color: {FAINT}; white-space: nowrap }}
CELL tbody th {{ font-weight: 400; white-space: nowrap }}
CELL tbody th[scope=rowgroup] {{ padding-top: 10px }}
CELL tr.below td, CELL tr.below th {{ border-bottom: 0; padding-bottom: 0 }}
CELL .number {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }}
.edgebook.edgebook p, .edgebook.edgebook ul {{ margin: 4px 0 }}
.edgebook.edgebook h4 {{ margin: 4px 0 2px; font-size: 15px; font-weight: 600 }}
.edgebook .pill {{
  display: inline-block; border-radius: 9px; padding: 0 8px; font-size: 11px; line-height: 18px;
  font-weight: 600; white-space: nowrap; color: #fff; background: #636c76 }}
.edgebook .good {{ background: #1a7f37 }}
.edgebook .bad {{ background: #cf222e }}
.edgebook .warn {{ background: #8a5a00 }}
.edgebook .info {{ background: #0969da }}
.edgebook .quiet {{ color: {FAINT} }}
.edgebook.edgebook pre {{
  margin: 4px 0 8px; padding: 6px 10px; font: 12px/1.45 var(--jp-code-font-family, ui-monospace, monospace);
  background: {SHADE}; color: inherit; border-radius: 3px; white-space: pre-wrap; overflow-wrap: anywhere }}
.edgebook.edgebook details {{ margin: 2px 0 }}
.edgebook.edgebook summary {{ cursor: pointer; color: {FAINT} }}
.edgebook.edgebook progress {{
  appearance: none; width: 220px; height: 8px; border: 0; border-radius: 4px; overflow: hidden;
  vertical-align: middle; background: #88888844 }}
.edgebook progress::-webkit-progress-bar {{ background: #88888844 }}
.edgebook progress::-webkit-progress-value {{ background: #0969da }}
.edgebook progress::-moz-progress-bar {{ background: #0969da }}
.edgebook .said {{ border-left: 4px solid #0969da; padding: 2px 0 2px 10px; margin: 6px 0 }}
.edgebook .said.caution {{ border-color: #bf8700 }}
.edgebook .said.alarm {{ border-color: #cf222e }}
"""
SMALLER = ((r"CELL", ".edgebook.edgebook.edgebook"), (r"\n +", ""), (r" *([{};:,]) +", r"\1"), (r" }", "}"))


def _shrunk(sheet: str) -> str:
    for what, instead in SMALLER:
        sheet = re.sub(what, instead, sheet)
    return sheet.strip()


STYLE = f"<style>\n{_shrunk(SHEET)}\n</style>"
