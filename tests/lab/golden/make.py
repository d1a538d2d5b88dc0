"""Write down what the real tools of a Debian 12 print, as the expectations of the practice hosts.

Not a test. Run it after changing a script: `python tests/lab/golden/make.py`.
"""

import fcntl
import json
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path("/tmp/bench")
ENV = {"PATH": "/usr/bin:/bin", "HOME": "/root"}
LIMIT_S = 20


def real(script, files):
    """Run a script with the real dash and the real tools; one at a time, as the folder is always the same."""
    with Path(f"{FOLDER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        for name, text in files.items():
            (FOLDER / name).write_text(text)
        done = subprocess.run(
            ["sh", "-c", script],
            executable="/usr/bin/dash",
            cwd=FOLDER,
            env=ENV,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return {"script": script, "code": code, "out": done.stdout.decode(), "err": done.stderr.decode()}


def main(names):
    """Run every script of the named files anew."""
    for name in names:
        path = Path(__file__).parent / f"{name}.json"
        known = json.loads(path.read_text())
        known["cases"] = [real(case["script"], known["files"]) for case in known["cases"]]
        path.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:] or ["shell", "text"])
