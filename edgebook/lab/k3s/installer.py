"""install.sh: puts K3s on a host and starts it, in the steps and words of the real script.

Not K3s itself: that is what the unit it writes starts.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass, field

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.k3s import pace, releases, texts
from edgebook.lab.k3s.hostcheck import CONTROLLERS

TOOLS = ("kubectl", "crictl", "ctr")
SKIPS_BINARY = frozenset({"true", "binary"})
BAD_NAME = re.compile(r"[\]\[!#$%&()*;<=>?\\_`{|}/\s]")
NO_TOKEN = (
    "Defaulted k3s exec command to 'agent' because K3S_URL is defined, but K3S_TOKEN or K3S_TOKEN_FILE is not defined."  # noqa: S105 - a message
)
CGROUP_HINT = (
    'Failed to find memory cgroup, you may need to add "cgroup_memory=1 cgroup_enable=memory" '
    "to your linux cmdline (/boot/cmdline.txt on a Raspberry Pi)"
)


class InstallError(Exception):
    """The script ends with this message."""


@dataclass
class Plan:
    """What the script made of its environment and arguments."""

    command: str
    arguments: list[str]
    name: str
    kind: str
    bin_dir: str
    unit_dir: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def unit_path(self) -> str:
        """The service file."""
        return f"{self.unit_dir}/{self.name}.service"

    @property
    def env_path(self) -> str:
        """The service's environment file."""
        return f"{self.unit_path}.env"

    @property
    def binary(self) -> str:
        """The program."""
        return f"{self.bin_dir}/k3s"

    def on(self, name: str) -> bool:
        """Say whether a variable is `true`."""
        return self.variables.get(name, "") == "true"


def plan(variables: dict[str, str], arguments: list[str]) -> Plan:
    """Read environment and arguments as the script does; raise `InstallError` where it refuses."""
    words = [*shlex.split(variables.get("INSTALL_K3S_EXEC", "")), *arguments]
    url = variables.get("K3S_URL", "")
    if words and not words[0].startswith("-"):
        command, *words = words
    elif not url:
        command = "server"
    elif not (variables.get("K3S_TOKEN") or variables.get("K3S_TOKEN_FILE")):
        raise InstallError(NO_TOKEN)
    else:
        command = "agent"
    if url and not url.startswith("https://"):
        raise InstallError(f"Only https:// URLs are supported for K3S_URL (have {url})")
    given = variables.get("INSTALL_K3S_NAME", "")
    name = f"k3s-{given}" if given else "k3s" if command == "server" else f"k3s-{command}"
    if BAD_NAME.search(name):
        raise InstallError(f"Invalid characters for system name:\n            {name}")
    kind = variables.get("INSTALL_K3S_TYPE") or "notify"
    bin_dir = variables.get("INSTALL_K3S_BIN_DIR") or "/usr/local/bin"
    unit_dir = variables.get("INSTALL_K3S_SYSTEMD_DIR") or "/etc/systemd/system"
    return Plan(command, words, name, kind, bin_dir, unit_dir, variables)


@program("k3s-install", folder="/usr/lib/practice")
async def install(call: Call) -> int:
    """Install K3s as the environment and the arguments say."""
    try:
        wanted = plan(call.env, call.argv[1:])
        if call.user != "root" and call.host.sudo != "nopasswd":
            call.err("sudo: a terminal is required to read the password; either use the -S option\n")
            call.err("sudo: a password is required\n")
            return 1
        return await Installer(call, wanted).run()
    except InstallError as exc:
        call.err(f"[ERROR]  {exc}\n")
        return 1


class Installer:
    """One run of the script."""

    def __init__(self, call: Call, wanted: Plan) -> None:
        self.call = call
        self.plan = wanted
        self.files = call.host.files

    def info(self, text: str) -> None:
        """Say what is done now."""
        self.call.out(f"[INFO]  {text}\n")

    async def run(self) -> int:
        """Go through the script's steps."""
        before = self._hashes()
        await self._program()
        self.info("Skipping installation of SELinux RPM")
        self._links()
        self._scripts()
        await self._service_files()
        return await self._start(before)

    def _hashes(self) -> str:
        paths = (self.plan.binary, self.plan.unit_path, self.plan.env_path)
        return "\n".join(f"{self._hash(path)}  {path}" for path in paths)

    def _hash(self, path: str) -> str:
        return hashlib.sha256(self.files.read(path)).hexdigest() if self.files.is_file(path) else "missing"

    async def _program(self) -> None:
        variables = self.plan.variables
        if variables.get("INSTALL_K3S_SKIP_DOWNLOAD") in SKIPS_BINARY or self.plan.on("INSTALL_K3S_BIN_DIR_READ_ONLY"):
            self.info("Skipping k3s download and verify")
            if not (self.files.is_file(self.plan.binary) and self.files.stat(self.plan.binary).st_mode & 0o111):
                raise InstallError(f"Executable k3s binary not found at {self.plan.binary}")
            return
        arch = releases.ARCHITECTURES.get(self.call.host.arch)
        if arch is None:
            raise InstallError(f"Unsupported architecture {self.call.host.arch}")
        version = variables.get("INSTALL_K3S_VERSION") or self._channel()
        self.info(f"Using {version} as release")
        await self._fetch(version, arch)

    def _channel(self) -> str:
        channel = self.plan.variables.get("INSTALL_K3S_CHANNEL") or "stable"
        self.info(f"Finding release for channel {channel}")
        if not self.call.world.network.has_internet(self.call.host):
            raise InstallError("Download failed")
        return releases.STABLE

    async def _fetch(self, version: str, arch: str) -> None:
        base = f"{releases.DOWNLOADS}/{version}"
        url = f"{base}/sha256sum-{arch}.txt"
        self.info(f"Downloading hash {url}")
        lines = self._download(url).decode().splitlines()
        name = f"k3s{releases.SUFFIXES[arch]}"
        expected = next((line.split()[0] for line in lines if line.endswith(f" {name}")), "")
        if self._hash(self.plan.binary) == expected:
            self.info("Skipping binary downloaded, installed k3s matches hash")
            return
        self.info(f"Downloading binary {base}/{name}")
        temporary = f"/tmp/k3s-install.{self._suffix()}"  # noqa: S108 - on the practice host
        await self._download_to(f"{base}/{name}", temporary)
        self.info("Verifying binary download")
        got = self._hash(f"{temporary}/k3s.bin")
        if got != expected:
            self.files.remove(temporary, recursive=True)
            raise InstallError(f"Download sha256 does not match {expected}, got {got}")
        self._place(temporary)

    def _suffix(self) -> str:
        return hashlib.sha256(f"{self.call.host.name} {self.call.pid}".encode()).hexdigest()[:10]

    def _download(self, url: str) -> bytes:
        try:
            return self.call.world.network.download(self.call.host, url)
        except (OSError, KeyError) as exc:
            raise InstallError("Download failed") from exc

    async def _download_to(self, url: str, folder: str) -> None:
        # Half of it first: who is killed now leaves a partial file in /tmp, and no program in its place.
        data = self._download(url)
        half = len(data) // 2
        try:
            self.files.mkdir(folder, 0o700, parents=True)
            self.files.write(f"{folder}/k3s.bin", data[:half], 0o644)
            await self.call.world.clock.sleep(pace.DOWNLOAD_S)
            self.files.write(f"{folder}/k3s.bin", data[half:], append=True)
        except OSError as exc:
            self.files.remove(folder, recursive=True)
            raise InstallError("Download failed") from exc

    def _place(self, temporary: str) -> None:
        target = self.plan.binary
        self.info(f"Installing k3s to {target}")
        self.files.chmod(f"{temporary}/k3s.bin", 0o755)
        try:
            self.files.mkdir(self.plan.bin_dir, parents=True)
            self.files.rename(f"{temporary}/k3s.bin", target)
        except OSError as exc:
            self.call.err(f"mv: error writing '{target}': {exc.strerror}\n")
            raise InstallError(f"Failed to install {target}") from exc
        finally:
            self.files.remove(temporary, recursive=True)

    def _links(self) -> None:
        if self.plan.variables.get("INSTALL_K3S_SYMLINK") == "skip" or self.plan.on("INSTALL_K3S_BIN_DIR_READ_ONLY"):
            return
        for tool in TOOLS:
            path = f"{self.plan.bin_dir}/{tool}"
            if self.files.exists(path, follow=False):
                self.info(f"Skipping {path} symlink to k3s, already exists")
            elif self.files.exists(f"/usr/bin/{tool}"):
                self.info(f"Skipping {path} symlink to k3s, command exists in PATH at /usr/bin/{tool}")
            else:
                self.info(f"Creating {path} symlink to k3s")
                self.files.symlink("k3s", path)

    def _scripts(self) -> None:
        killall = f"{self.plan.bin_dir}/k3s-killall.sh"
        uninstall = f"{self.plan.bin_dir}/{self.plan.name}-uninstall.sh"
        self.info(f"Creating killall script {killall}")
        self.files.write(killall, texts.killall(self.plan.bin_dir), 0o755)
        self.info(f"Creating uninstall script {uninstall}")
        self.files.write(uninstall, texts.uninstall(self.plan.name), 0o755)

    async def _service_files(self) -> None:
        await self.call.capture(["systemctl", "disable", self.plan.name], user="root")
        for path in (self.plan.unit_path, self.plan.env_path):
            if self.files.exists(path):
                self.files.remove(path)
        self.info(f"env: Creating environment file {self.plan.env_path}")
        self.files.write(self.plan.env_path, texts.environment(self.plan.variables), 0o600)
        self.info(f"systemd: Creating service file {self.plan.unit_path}")
        unit = texts.unit(
            kind=self.plan.kind,
            env_file=self.plan.env_path,
            bin_dir=self.plan.bin_dir,
            command=self.plan.command,
            arguments=self.plan.arguments,
        )
        self.files.write(self.plan.unit_path, unit, 0o644)

    async def _start(self, before: str) -> int:
        if self.files.exists(CONTROLLERS) and "memory" not in self.files.text(CONTROLLERS).split():
            self.info(CGROUP_HINT)
        if self.plan.on("INSTALL_K3S_SKIP_ENABLE"):
            return 0
        self.info(f"systemd: Enabling {self.plan.name} unit")
        for words in (["enable", f"{self.plan.name}.service"], ["daemon-reload"]):
            code, _, errors = await self.call.capture(["systemctl", *words], user="root")
            self.call.err(errors)
            if code:
                return code
        if self.plan.on("INSTALL_K3S_SKIP_START"):
            return 0
        if before == self._hashes() and not self.plan.on("INSTALL_K3S_FORCE_RESTART"):
            self.info("No change detected so skipping service start")
            return 0
        self.info(f"systemd: Starting {self.plan.name}")
        return await self.call.run(["systemctl", "restart", self.plan.name], user="root")
