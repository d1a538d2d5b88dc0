"""curl: the program that fetches from practice hosts and from the practice Internet.

Not a client of real servers: every answer comes from the model.
"""

from __future__ import annotations

import errno
import posixpath
import re
import socket
from dataclasses import dataclass

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.programs.options import Options, UsageError, read_options, tool
from edgebook.lab.network import INTERNET_IP

URL = re.compile(r"(?:(?P<scheme>\w+)://)?(?:[^/@]*@)?(?P<host>[^/:?]*)(?::(?P<port>\d+))?(?P<path>[/?].*)?")
CONNECT_TIMEOUT_S = 130.0
"""How long Linux tries to connect when nobody says less."""
UNREACHABLE_S = 3.06
SSH_PORT = 22
HTTP_FAILED = 22
FIRST_BAD_STATUS = 400
BAD_CERTIFICATE = """\
SSL certificate problem: unable to get local issuer certificate
More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the web page mentioned above."""
LONG = ("fail", "silent", "show-error", "location", "insecure", "output=", "remote-name", "write-out=", "max-time=",
        "connect-timeout=", "request=", "header=", "data=", "head", "verbose", "proxy=", "retry=", "retry-delay=",
        "cacert=", "cert=", "key=", "user=", "resolve=", "noproxy=", "continue-at=", "progress-bar", "compressed",
        "retry-connrefused", "retry-all-errors", "fail-with-body", "create-dirs", "user-agent=", "proto=", "tlsv1.2",
        "interface=", "include", "globoff", "max-redirs=", "ipv4", "ipv6", "no-progress-meter", "data-binary=",
        "retry-max-time=", "version")  # fmt: skip


SHORT = "fsSLko:Ow:m:X:H:d:IvVxE:u:C:#gA:i46b:c:F:T:Z"
TRY_HELP = "curl: try 'curl --help' or 'curl --manual' for more information\n"


class CurlFailure(Exception):
    """curl gives up: its exit code and what it says behind it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Target:
    """A URL in its parts."""

    url: str
    scheme: str
    host: str
    port: int
    path: str


def target(url: str) -> Target:
    """Take a URL apart; without a scheme it is http, as curl guesses."""
    found = URL.fullmatch(url)
    if not found or not (found["host"] or found["scheme"] == "file"):
        raise CurlFailure(3, "URL using bad/illegal format or missing URL")
    scheme = (found["scheme"] or "http").lower()
    if scheme == "file":
        return Target(url, scheme, "", 0, url.partition("://")[2])
    if scheme not in ("http", "https"):
        raise CurlFailure(1, f'Protocol "{scheme}" not supported or disabled in libcurl')
    port = int(found["port"] or (443 if scheme == "https" else 80))
    path = found["path"] or "/"
    whole = url if found["scheme"] else f"http://{url}"
    return Target(whole, scheme, found["host"], port, path if path.startswith("/") else f"/{path}")


@program("curl")
async def curl(call: Call) -> int:
    """Fetch URLs, and refuse unknown options in curl's own words."""
    try:
        return await fetch_all(call, read_options(call.argv[1:], short=SHORT, long=LONG))
    except UsageError as exc:
        name = str(exc).split("'")[1]
        call.err(f"curl: option {name if name.startswith('-') else '-' + name}: is unknown\n{TRY_HELP}")
        return 2


async def fetch_all(call: Call, options: Options) -> int:
    """Fetch URLs."""
    if options.has("V", "version"):
        call.out("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.15\n")
        return 0
    if not options.words:
        call.err(TRY_HELP)
        return 2
    outputs = options.values("o", "output")
    code = 0
    for index, url in enumerate(options.words):
        output = outputs[index] if index < len(outputs) else ""
        if options.has("O", "remote-name") and not output:
            output = posixpath.basename(url.partition("?")[0])
        code = await fetch(call, options, url, output)
    return code


async def fetch(call: Call, options: Options, url: str, output: str) -> int:
    """Fetch one URL and keep or print what came."""
    status, body, code = 0, b"", 0
    if output and options.has("create-dirs"):
        call.files.mkdir(posixpath.dirname(call.files.absolute(output)), parents=True)
    tries = 1 + int(options.value("retry", default="0"))
    for left in reversed(range(tries)):
        try:
            status, body = await answer(call, options, target(url))
            keep(call, options, output, status, body)
            code = 0
            break
        except CurlFailure as exc:
            code = exc.code
            if code == HTTP_FAILED:
                status = int(str(exc)[-3:])
            say(call, options, exc)
            if not left or code not in (6, 7, 28, 52):
                break
            await call.world.clock.sleep(float(options.value("retry-delay", default="1")))
    if options.has("w", "write-out"):
        call.out(written(options.value("w", "write-out"), status, body, url, code))
    return code


def say(call: Call, options: Options, failure: CurlFailure) -> None:
    """Say why it failed, unless told to be silent."""
    if not options.has("s", "silent") or options.has("S", "show-error"):
        call.err(f"curl: ({failure.code}) {failure}\n")


async def answer(call: Call, options: Options, to: Target) -> tuple[int, bytes]:
    """Return what the other side answers: status and body."""
    if to.scheme == "file":
        return local_file(call, to)
    network = call.world.network
    method = options.value("X", "request", default="HEAD" if options.has("I", "head") else "GET")
    try:
        ip = network.resolve(call.host, to.host)
        if ip == INTERNET_IP:
            return page(call, to)
        listener_answer = network.request(call.host, to.host, to.port, to.path, method=method)
    except socket.gaierror:
        raise CurlFailure(6, f"Could not resolve host: {to.host}") from None
    except OSError as exc:
        raise await failure(call, options, to, exc) from exc
    if to.scheme == "https" and not options.has("k", "insecure", "cacert"):
        raise CurlFailure(60, BAD_CERTIFICATE)
    return listener_answer


def local_file(call: Call, to: Target) -> tuple[int, bytes]:
    """Return a file of the host itself."""
    try:
        return 0, call.files.read(to.path)
    except OSError:
        raise CurlFailure(37, f"Couldn't open file {to.path}") from None


def page(call: Call, to: Target) -> tuple[int, bytes]:
    """Return a page of the Internet; one that is not there is a 404."""
    try:
        return 200, call.world.network.download(call.host, to.url)
    except KeyError:
        return 404, b"404 page not found\n"


async def failure(call: Call, options: Options, to: Target, exc: OSError) -> CurlFailure:
    """Wait as long as curl would and return its error."""
    limits = [float(value) for value in (options.value("m", "max-time"), options.value("connect-timeout")) if value]
    if exc.errno == errno.ECONNRESET:
        if to.scheme == "https":
            return CurlFailure(35, "OpenSSL/3.0.15: error:0A00010B:SSL routines::wrong version number")
        greets = to.port == SSH_PORT  # sshd speaks first, which HTTP/0.9 would
        return (
            CurlFailure(1, "Received HTTP/0.9 when not allowed")
            if greets
            else CurlFailure(52, "Empty reply from server")
        )
    waits = {errno.ETIMEDOUT: CONNECT_TIMEOUT_S, errno.EHOSTUNREACH: UNREACHABLE_S}.get(exc.errno or 0, 0.0)
    if limits and waits > min(limits):
        await call.world.clock.sleep(min(limits))
        return CurlFailure(28, f"Connection timed out after {int(min(limits) * 1000) + 1} milliseconds")
    await call.world.clock.sleep(waits)
    code = 28 if exc.errno == errno.ETIMEDOUT else 7
    return CurlFailure(
        code, f"Failed to connect to {to.host} port {to.port} after {int(waits * 1000)} ms: Couldn't connect to server"
    )


def keep(call: Call, options: Options, output: str, status: int, body: bytes) -> None:
    """Print the answer or write it to a file."""
    if status >= FIRST_BAD_STATUS and options.has("f", "fail"):
        raise CurlFailure(HTTP_FAILED, f"The requested URL returned error: {status}")
    head = f"HTTP/2 {status} \r\n\r\n".encode()
    body = head if options.has("I", "head") else head + body if options.has("i", "include") else body
    if output in ("", "-"):
        call.out(body)
    elif output != "/dev/null":
        try:
            call.files.write(output, body)
        except OSError as exc:
            said = (
                f"Failure writing output to destination: {exc.strerror}"
                if exc.errno != errno.ENOSPC
                else "Failure writing output to destination"
            )
            raise CurlFailure(23, said) from exc


def written(text: str, status: int, body: bytes, url: str, code: int) -> str:
    """Fill a `-w` format in."""
    values = {"http_code": f"{status:03d}", "response_code": f"{status:03d}", "url_effective": url,
        "exitcode": str(code),
              "size_download": str(len(body)), "time_total": "0.021", "num_redirects": "0",
              "scheme": url.partition(":")[0].upper()}  # fmt: skip
    filled = re.sub(r"%\{(\w+)\}", lambda found: values.get(found[1], ""), text)
    return filled.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("%%", "%")


@tool(
    "wget",
    short="qO:P:cT:t:",
    long=("quiet", "output-document=", "no-check-certificate", "timeout=", "tries="),
    folder="",
)
async def wget(call: Call, options: Options) -> int:
    """Fetch URLs to files; 4 says that the network failed, 8 that the server refused."""
    output = options.value("O", "output-document")
    words = [
        "curl",
        "-fsSLk",
        *(["-o", output] if output and output != "-" else [] if output else ["-O"]),
        *options.words,
    ]
    code = await call.run(words)
    return {0: 0, 22: 8, 23: 3}.get(code, 4)
