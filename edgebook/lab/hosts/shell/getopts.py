"""getopts: the shell's built-in that reads options.

Not how practice programs read theirs: `programs/options.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgebook.lab.hosts.shell.builtin import Misuse, builtin

if TYPE_CHECKING:
    from edgebook.lab.hosts.shell.interpret import Shell

PLACE = "_OPTPLACE"
"""The variable that keeps the place inside a word such as `-xvf`."""


@builtin("getopts")
async def getopts(shell: Shell, args: list[str]) -> int:
    """Read the next option of the positional parameters."""
    if not args[1:]:
        raise Misuse("Usage: getopts optstring var [arg...]")
    letters, name, words = args[0], args[1], args[2:] or shell.positional
    index, offset = int(shell.get("OPTIND") or "1") - 1, int(shell.variables.get(PLACE, "1"))
    word = words[index] if index < len(words) else ""
    if not word[1:] or word[0] != "-" or word == "--":
        shell.put(name, "?")
        shell.put("OPTIND", str(index + 1 + (word == "--")))
        return 1
    letter, rest = word[offset], word[offset + 1 :]
    shell.unset("OPTARG")
    takes = letters.partition(letter)[2].startswith(":")
    if takes:
        shell.put("OPTARG", rest or "".join(words[index + 1 : index + 2]))
        index, rest = index + (not rest), ""
    shell.variables[PLACE] = str(offset + 1) if rest else "1"
    shell.put("OPTIND", str(index + 1 + (not rest)))
    shell.put(name, letter if letter in letters and letter != ":" else refused(shell, letters, letter))
    return 0


def refused(shell: Shell, letters: str, letter: str) -> str:
    """Say that an option is not known, or with a leading colon leave that to the script."""
    if letters.startswith(":"):
        shell.put("OPTARG", letter)
    else:
        shell.write(2, f"Illegal option -{letter}\n")
    return "?"
