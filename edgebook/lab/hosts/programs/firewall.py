"""iptables: the program that shows and changes a host's firewall rules.

Not their effect: `lab/network.py` lets connections pass or not.
"""

from __future__ import annotations

import re

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.model import Rule
from edgebook.lab.hosts.programs.options import UsageError

VERSION = "iptables v1.8.9 (nf_tables)"
NOT_ROOT = 4
VERBS = ("-A", "-I", "-D", "-C", "-S", "-L", "-F", "-P", "-N", "-X")
CHAINS = ("INPUT", "FORWARD", "OUTPUT")
NO_ROOT = "iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n"
MISSING = "iptables: Bad rule (does a matching rule exist in that chain?).\n"
NO_CHAIN = "iptables: No chain/target/match by that name.\n"
LONG = {"--append": "-A", "--insert": "-I", "--delete": "-D", "--check": "-C", "--list-rules": "-S", "--list": "-L",
        "--flush": "-F", "--policy": "-P", "--version": "-V", "--protocol": "-p", "--source": "-s", "--jump": "-j",
        "--destination": "-d", "--in-interface": "-i", "--out-interface": "-o", "--destination-port": "--dport",
        "--table": "-t", "--numeric": "-n", "--wait": "-w", "--verbose": "-v"}  # fmt: skip


@program("iptables", "iptables-nft", "iptables-legacy", folder="/usr/sbin")
async def iptables(call: Call) -> int:
    """Show or change the rules of the filter table; other tables are empty."""
    words = [letter for word in call.argv[1:] for letter in spelled(word) if letter != "-w"]
    if "-V" in words:
        call.out(f"{VERSION}\n")
        return 0
    if call.uid:
        call.err(NO_ROOT)
        return NOT_ROOT
    if "-t" in words:
        at = words.index("-t")
        if words[at + 1] != "filter":
            return 0
        del words[at : at + 2]
    try:
        return act(call, words)
    except UsageError as exc:
        call.err(f"{VERSION}: {exc}\nTry `iptables -h' or 'iptables --help' for more information.\n")
        return exc.code


def spelled(word: str) -> list[str]:
    """Return an option in its short form; several in one, such as `-nvL`, one by one."""
    if re.fullmatch(r"-[a-zA-Z]{2,}", word):
        return [f"-{letter}" for letter in word[1:]]
    return [LONG.get(word, word)]


def act(call: Call, words: list[str]) -> int:
    """Do what the command's verb says."""
    verb = next((word for word in words if word in VERBS), "")
    if not verb:
        raise UsageError("no command specified", 2)
    rest = words[words.index(verb) + 1 :]
    chain = rest[0] if rest and not rest[0].startswith("-") else ""
    if verb in ("-S", "-L"):
        return show(call, verb, chain)
    return change(call, verb, chain, rest[1:] if chain else rest)


def show(call: Call, verb: str, chain: str) -> int:
    """List the rules as commands (`-S`) or as a table (`-L`)."""
    chains = [chain] if chain else list(CHAINS)
    if chain and chain not in CHAINS:
        call.err(NO_CHAIN)
        return 1
    if verb == "-S":
        call.out("".join(f"-P {name} ACCEPT\n" for name in chains))
        call.out("".join(f"{rule.spec()}\n" for name in chains for rule in call.host.firewall if rule.chain == name))
        return 0
    for index, name in enumerate(chains):
        call.out(("\n" if index else "") + f"Chain {name} (policy ACCEPT)\n")
        call.out("target     prot opt source               destination         \n")
        for rule in call.host.firewall:
            if rule.chain == name:
                call.out(row(rule))
    return 0


def row(rule: Rule) -> str:
    """Lay one rule out as `iptables -nL` does."""
    port = f" {rule.proto} dpt:{rule.port}" if rule.port else ""
    source, destination = rule.source or "0.0.0.0/0", rule.destination or "0.0.0.0/0"
    return f"{rule.target:<10} {rule.proto or 'all':<4} --  {source:<20} {destination:<20}{port}\n"


def change(call: Call, verb: str, chain: str, words: list[str]) -> int:
    """Add, insert, delete, check or flush rules."""
    rules = call.host.firewall
    if verb == "-F":
        rules[:] = [rule for rule in rules if chain and rule.chain != chain]
        return 0
    if verb in ("-P", "-N", "-X"):
        return 0
    if chain not in CHAINS:
        call.err(NO_CHAIN)
        return 1
    number = int(words.pop(0)) if words and words[0].isdigit() else 0
    if verb == "-D" and number:
        return delete_at(call, chain, number)
    rule = parse(chain, words)
    if verb == "-A":
        rules.append(rule)
    elif verb == "-I":
        rules.insert(position(rules, chain, number or 1), rule)
    elif rule not in rules:
        call.err(MISSING)
        return 1
    elif verb == "-D":
        rules.remove(rule)
    return 0


def position(rules: list[Rule], chain: str, number: int) -> int:
    """Return where the so-many-th rule of a chain stands among all rules."""
    places = [index for index, rule in enumerate(rules) if rule.chain == chain]
    return places[number - 1] if number <= len(places) else len(rules)


def delete_at(call: Call, chain: str, number: int) -> int:
    """Delete a rule by its number."""
    of_chain = [rule for rule in call.host.firewall if rule.chain == chain]
    if number > len(of_chain):
        call.err("iptables: Index of deletion too big.\n")
        return 1
    call.host.firewall.remove(of_chain[number - 1])
    return 0


def parse(chain: str, words: list[str]) -> Rule:
    """Read a rule's words; what the model does not know is refused as an unknown option."""
    values = {"-p": "", "-s": "", "-d": "", "-i": "", "-o": "", "-j": "", "--dport": "0", "--reject-with": "", "-m": "",
              "--comment": "", "--ctstate": "", "--dports": ""}  # fmt: skip
    left = list(words)
    while left:
        name = left.pop(0)
        if name not in values:
            raise UsageError(f'unknown option "{name}"', 2)
        if not left:
            raise UsageError(f'option "{name}" requires an argument', 2)
        values[name] = left.pop(0)
    if values["--dport"] != "0" and not values["-p"]:
        raise UsageError('unknown option "--dport"', 2)
    if not values["-j"]:
        raise UsageError("no target given", 2)
    return Rule(chain, values["-j"], values["-p"], int(values["--dport"]), values["-s"].removesuffix("/32"),
                values["-d"].removesuffix("/32"), values["-i"] or values["-o"])  # fmt: skip
