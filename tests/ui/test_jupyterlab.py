"""JupyterLab in a real browser: a person opens the install runbook, fills the form, and runs all cells.

Needs Debian's chromium; screenshots are kept in $EDGEBOOK_ARTEFACTS or test-artifacts/.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from edgebook.waiting import Look, until

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    # Off-screen cells would otherwise leave the page, and with them what the test looks for.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
PERSONAL = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "IPYTHONDIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)
IDLE = """() => {
  const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.status === 'idle' && kernel?.connectionStatus === 'connected';
}"""
RUN_TO_FORM = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  panel.content.activeCellIndex = CELL;
  await window.jupyterapp.commands.execute('notebook:run-all-above');
}"""

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium"),
]


class Lab:
    """A JupyterLab server of the test's own, and its REST API."""

    def __init__(self, folder):
        self.folder = folder
        self.token = secrets.token_hex(16)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"

    def __enter__(self):
        settings = self.folder / "app-settings"
        settings.mkdir()
        (settings / "overrides.json").write_text(json.dumps(SETTINGS))
        shutil.copytree(ROOT / "notebooks", self.folder / "book" / "notebooks")
        env = {name: value for name, value in os.environ.items() if name != "EDGEBOOK_HEADLESS"}
        env |= {name: str(self.folder / name.lower()) for name in PERSONAL}
        self.log = (self.folder / "jupyter.log").open("w")
        self.server = subprocess.Popen(self.command(settings), env=env, stdout=self.log, stderr=self.log)
        until(self.up, what="JupyterLab", timeout_s=60)
        return self

    def command(self, settings):
        """Return the server's command line: loopback, a port of its own, nobody's extensions."""
        options = [
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.url.rsplit(':')[-1]}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.folder / 'book'}",
            f"--LabServerApp.app_settings_dir={settings}",
            f"--LabApp.app_settings_dir={settings}",
            "--LabApp.extension_manager=readonly",
            "--LabApp.expose_app_in_browser=True",
        ]
        return [sys.executable, "-m", "jupyterlab", *options]

    def up(self):
        """Tell whether the server answers."""
        try:
            self.api("status")
        except (urllib.error.URLError, ConnectionError) as exc:
            return Look(done=False, seen=str(exc))
        return Look(done=True, seen="up")

    def api(self, path, body=None):
        """Ask the server; with a body, post it."""
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/api/{path}", data, headers), timeout=20
        ) as answer:
            return json.load(answer)

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(30)
        self.log.close()


@pytest.fixture
def jupyter(site_folder, tmp_path):
    """Give a JupyterLab on a practice site in its first state."""
    with Lab(tmp_path) as lab:
        yield lab


@pytest.fixture
def page(jupyter, tmp_path):
    """Give a browser page with the install runbook open and its kernel idle."""
    path = "notebooks/10-install-k3s-ha.ipynb"
    # Without a session of its own the page would ask which kernel to use.
    jupyter.api("sessions", {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            str(tmp_path / "chromium"),
            executable_path=CHROMIUM,
            headless=True,
            args=ARGUMENTS,
            viewport={"width": 1280, "height": 1000},
        )
        page = browser.pages[0]
        page.set_default_timeout(30_000)
        page.goto(f"{jupyter.url}/lab/tree/{path}?token={jupyter.token}&reset")
        page.locator(".jp-NotebookPanel .jp-Notebook").wait_for()
        page.wait_for_function(IDLE)
        yield page
        browser.close()


def picture(page, name):
    """Keep a screenshot as a test artefact."""
    folder = Path(os.environ.get("EDGEBOOK_ARTEFACTS", ROOT / "test-artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")


def form_cell():
    """Return the number of the first cell after the form."""
    cells = json.loads((ROOT / "notebooks" / "10-install-k3s-ha.ipynb").read_text())["cells"]
    return next(at for at, cell in enumerate(cells) if cell["id"] == "install-start-text")


def test_a_person_fills_the_form_and_runs_all_cells(page):
    """The form's value reaches the run, every cell ends without an error, and figures and tables are there."""
    page.evaluate(RUN_TO_FORM.replace("CELL", str(form_cell())))
    field = page.get_by_label("timeout_s")
    field.fill("321")
    field.press("Tab")
    picture(page, "10-form")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    expect(page.get_by_role("paragraph").filter(has_text="Where the time went")).to_be_visible()
    page.wait_for_function(IDLE, timeout=90_000)
    expect(page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")).to_have_count(0)
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(field).to_have_value("321")
    for heading in ("Preflight", "Other servers", "Verify", "Summary"):
        page.get_by_role("heading", name=heading, exact=True).first.scroll_into_view_if_needed()
        picture(page, f"10-{heading.lower().replace(' ', '-')}")
