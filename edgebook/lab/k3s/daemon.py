"""The program `k3s` as a service: `k3s server` and `k3s agent`.

Not the other commands of the program.
"""

from __future__ import annotations

from edgebook.lab.hosts.daemon import DaemonCall, DaemonExit, daemon
from edgebook.lab.hosts.model import Host
from edgebook.lab.k3s import hostcheck, pace, state
from edgebook.lab.k3s.agent import Agent
from edgebook.lab.k3s.hostcheck import Fatal
from edgebook.lab.k3s.log import line
from edgebook.lab.k3s.registry import registry
from edgebook.lab.k3s.releases import STABLE
from edgebook.lab.k3s.running import Stopped
from edgebook.lab.k3s.server import Server
from edgebook.lab.k3s.settings import CONFIG, Settings, SettingsInvalidError, combine, parse_document

ROLES = {"server": Server, "agent": Agent}
COMMIT_DIGITS = 8


def read_settings(host: Host, role: str, arguments: list[str], environment: dict[str, str]) -> Settings:
    """Read configuration files in K3s's order, then command line and environment."""
    folder = f"{CONFIG}.d"
    paths = [CONFIG] if host.files.is_file(CONFIG) else []
    if host.files.is_folder(folder):
        paths += [f"{folder}/{name}" for name in host.files.listdir(folder) if name.endswith((".yaml", ".yml"))]
    documents = [parse_document(path, host.files.text(path)) for path in paths]
    return combine(role, arguments=arguments, documents=documents, environment=environment)


@daemon("k3s")
async def k3s(call: DaemonCall) -> None:
    """Run K3s until it is stopped or ends itself."""
    try:
        await _run(call)
    except SettingsInvalidError as exc:
        _die(call, str(exc))
    except Fatal as exc:
        _die(call, str(exc))
    except Stopped:
        return
    except OSError as exc:
        _die(call, f"{exc.filename or ''}: {(exc.strerror or str(exc)).lower()}".lstrip(": "))


def _die(call: DaemonCall, message: str) -> None:
    call.log(line(call.host.now(), "fatal", message))
    raise DaemonExit(1)


async def _run(call: DaemonCall) -> None:
    role = call.argv[1] if len(call.argv) > 1 else ""
    version = call.built[0] if call.built else STABLE
    if role not in ROLES:
        raise Fatal(f"No help topic for '{role}'")
    settings = read_settings(call.host, role, call.argv[2:], call.env)
    for key in settings.unknown:
        call.log(line(call.host.now(), "warning", f"Unknown flag --{key} found in config.yaml, skipping"))
    call.log(line(call.host.now(), "info", f"Acquiring lock file {settings.data_dir}/data/.lock"))
    if state.unpack(call.host, settings.data_dir, version):
        folder = state.unpacked_path(settings.data_dir, version)
        call.log(line(call.host.now(), "info", f"Preparing data dir {folder}"))
        if not await call.sleep(pace.UNPACK_S):
            return
    hostcheck.check_cgroups(call.host)
    running = ROLES[role](call, registry(call.world), settings, version)
    commit = state.unpacked_path("", version)[-COMMIT_DIGITS:]
    running.log("info", f"Starting k3s {'agent ' if role == 'agent' else ''}{version} ({commit})")
    await running.run()
