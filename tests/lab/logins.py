"""Logging in to a practice host with paramiko, and a few words of a shell for it to run.

Not the real shell: it knows only what the tests need.
"""

import time

import paramiko

USER = "edge"
DEADLINE_S = 10.0


async def shell(make, text):
    """Stand in for the shell: a few words that the tests need."""
    word, _, rest = text.partition(" ")
    call = make(["sh", "-c", text])
    if word == "cat":
        call.out(await call.stdin.read())
    elif word == "both":
        call.out("out\n")
        call.err("err\n")
    elif word == "exit":
        return int(rest)
    elif word == "env":
        call.out("".join(f"{name}={value}\n" for name, value in sorted(call.env.items())))
    elif word == "whoami":
        call.out(f"{call.user}@{call.host.name}\n")
    elif word == "flood":
        call.out(b"x" * int(rest))
    elif word == "later":
        await call.host.world.clock.sleep(20)
        call.out("too late\n")
        call.files.write(rest, "done")
    elif word == "wait":
        await call.host.world.clock.sleep(1e6)
    return 0


def port_of(site, name):
    """Look up a host's SSH port."""
    return next(host.port for host in site.status().hosts if host.name == name)


def login(site, name="s1", user=USER, *, sock=None, **how):
    """Log in with the site's key, or otherwise, with pinned host keys."""
    client = paramiko.SSHClient()
    client.load_host_keys(str(site.site_folder / "known_hosts"))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    how = how or {"key_filename": str(site.site_folder / "id_ed25519")}
    port = port_of(site, name)
    client.connect(
        "127.0.0.1", port, user, sock=sock, allow_agent=False, look_for_keys=False, timeout=DEADLINE_S, **how
    )
    return client


def run(client, text, stdin=b""):
    """Run a command line and return code, output and errors."""
    sending, out, err = client.exec_command(text, timeout=DEADLINE_S)
    sending.write(stdin)
    sending.channel.shutdown_write()
    shown, complained = out.read(), err.read()
    return out.channel.recv_exit_status(), shown, complained


def until(true):
    """Wait until a condition holds; fail when that takes too long."""
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
