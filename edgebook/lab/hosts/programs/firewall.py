"""iptables: the program that shows and changes a host's firewall rules.

Not their effect: `lab/network.py` lets connections pass or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from edgebook.lab.hosts.call import Call, program
from edgebook.lab.hosts.model import Host, Rule, Table
from edgebook.lab.hosts.programs.options import UsageError

VERSION = "iptables v1.8.9 (nf_tables)"
NOT_ROOT = 4
VERBS = ("-A", "-I", "-D", "-C", "-S", "-L", "-F", "-P", "-N", "-X")
BUILT_IN = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
TARGETS = ("ACCEPT", "DROP", "REJECT", "RETURN", "LOG", "MARK", "MASQUERADE")
MATCHES = {"--comment": "comment", "--dport": "", "--dports": "multiport", "--ctstate": "conntrack"}
"""Options of a rule's matches, and the match that has them; nothing for the protocol's own."""
BUSY, NO_TABLE = 4, 3
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
    name = "filter"
    if "-t" in words:
        at = words.index("-t")
        name = words[at + 1]
        del words[at : at + 2]
    table = table_of(call.host, name)
    if table is None:
        call.err(f"{VERSION}: table '{name}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n")
        return NO_TABLE
    try:
        return act(call, table, words)
    except UsageError as exc:
        call.err(f"{VERSION}: {exc}\nTry `iptables -h' or 'iptables --help' for more information.\n")
        return exc.code


def table_of(host: Host, name: str) -> Table | None:
    """Return a table of a host's firewall; connections are judged by `filter` alone."""
    return Table(host.firewall, host.chains) if name == "filter" else host.tables.get(name)


def spelled(word: str) -> list[str]:
    """Return an option in its short form; several in one, such as `-nvL`, one by one."""
    if re.fullmatch(r"-[a-zA-Z]{2,}", word):
        return [f"-{letter}" for letter in word[1:]]
    return [LONG.get(word, word)]


def act(call: Call, table: Table, words: list[str]) -> int:
    """Do what the command's verb says."""
    verb = next((word for word in words if word in VERBS), "")
    if not verb:
        raise UsageError("no command specified", 2)
    rest = words[words.index(verb) + 1 :]
    chain = rest[0] if rest and not rest[0].startswith("-") else ""
    words = rest[1:] if chain else rest
    if verb in ("-S", "-L"):
        return show(call, table, verb, chain)
    if verb in ("-N", "-X", "-P", "-F"):
        return change_chain(call, table, verb, chain, words)
    if chain not in table.chains:
        call.err(NO_CHAIN)
        return 1
    return change(call, table, verb, chain, words)


def show(call: Call, table: Table, verb: str, chain: str) -> int:
    """List the rules as commands (`-S`) or as a table (`-L`)."""
    if chain and chain not in table.chains:
        call.err(NO_CHAIN)
        return 1
    chains = {name: policy for name, policy in table.chains.items() if chain in ("", name)}
    if verb == "-S":
        call.out("".join(f"-P {name} {policy}\n" if policy else f"-N {name}\n" for name, policy in chains.items()))
        call.out("".join(f"{rule.spec()}\n" for name in sorted_chains(chains) for rule in rules_of(table, name)))
        return 0
    for index, (name, policy) in enumerate(chains.items()):
        head = f"policy {policy}" if policy else f"{sum(rule.target == name for rule in table.rules)} references"
        call.out(("\n" if index else "") + f"Chain {name} ({head})\n")
        call.out("target     prot opt source               destination         \n")
        call.out("".join(row(rule) for rule in rules_of(table, name)))
    return 0


def sorted_chains(chains: Iterable[str]) -> list[str]:
    """Return the built-in chains first, the others by name, as iptables lists their rules."""
    return sorted(chains, key=lambda name: (BUILT_IN.index(name) if name in BUILT_IN else len(BUILT_IN), name))


def rules_of(table: Table, chain: str) -> list[Rule]:
    """Return the rules of a chain in their order."""
    return [rule for rule in table.rules if rule.chain == chain]


def row(rule: Rule) -> str:
    """Lay one rule out as `iptables -nL` does."""
    port = f" {rule.proto} dpt:{rule.port}" if rule.port else ""
    source, destination = rule.source or "0.0.0.0/0", rule.destination or "0.0.0.0/0"
    return f"{rule.target:<10} {rule.proto or 'all':<4} --  {source:<20} {destination:<20}{port}\n"


def change_chain(call: Call, table: Table, verb: str, chain: str, words: list[str]) -> int:
    """Make, remove or flush chains, or set the policy of a built-in one."""
    refusal = ""
    if verb == "-F":
        table.rules[:] = [rule for rule in table.rules if chain and rule.chain != chain]
    elif verb == "-P":
        refusal = "" if table.chains.get(chain) else "iptables: Bad built-in chain name.\n"
        table.chains |= {} if refusal else {chain: words[0]}
    elif verb == "-N":
        refusal = "iptables: Chain already exists.\n" if chain in table.chains else ""
        table.chains.setdefault(chain, "")
    elif chain in table.chains and any(chain in (rule.target, rule.chain) for rule in table.rules):
        call.err(f"{VERSION}:  CHAIN_DEL failed (Device or resource busy): chain {chain}\n")
        return BUSY
    elif chain and chain not in table.chains:
        refusal = NO_CHAIN
    else:
        for name in [name for name, policy in table.chains.items() if not policy and chain in ("", name)]:
            del table.chains[name]
    call.err(refusal)
    return int(bool(refusal))


def change(call: Call, table: Table, verb: str, chain: str, words: list[str]) -> int:
    """Add, insert, delete or check a rule."""
    number = int(words.pop(0)) if words and words[0].isdigit() else 0
    if verb == "-D" and number:
        return delete_at(call, table, chain, number)
    rule = parse(chain, words)
    if rule.target not in (*TARGETS, *table.chains):
        raise UsageError(f"Chain '{rule.target}' does not exist", 2)
    if verb == "-A":
        table.rules.append(rule)
    elif verb == "-I":
        table.rules.insert(position(table.rules, chain, number or 1), rule)
    elif rule not in table.rules:
        call.err(MISSING)
        return 1
    elif verb == "-D":
        table.rules.remove(rule)
    return 0


def position(rules: list[Rule], chain: str, number: int) -> int:
    """Return where the so-many-th rule of a chain stands among all rules."""
    places = [index for index, rule in enumerate(rules) if rule.chain == chain]
    return places[number - 1] if number <= len(places) else len(rules)


def delete_at(call: Call, table: Table, chain: str, number: int) -> int:
    """Delete a rule by its number."""
    of_chain = rules_of(table, chain)
    if number > len(of_chain):
        call.err("iptables: Index of deletion too big.\n")
        return 1
    table.rules.remove(of_chain[number - 1])
    return 0


def parse(chain: str, words: list[str]) -> Rule:
    """Read a rule's words; what the model does not know is refused as an unknown option."""
    values = dict.fromkeys(("-p", "-s", "-d", "-i", "-o", "-j", "--reject-with", *MATCHES), "")
    left, order = list(words), []
    while left:
        name = left.pop(0)
        if name == "-m" and left:
            left.pop(0)
            continue
        if name not in values:
            raise UsageError(f'unknown option "{name}"', 2)
        if not left:
            raise UsageError(f'option "{name}" requires an argument', 2)
        values[name] = left.pop(0)
        order += [name] if name in MATCHES else []
    if values["--dport"] and not values["-p"]:
        raise UsageError('unknown option "--dport"', 2)
    if not values["-j"]:
        raise UsageError("no target given", 2)
    return rule_of(chain, values, order)


def rule_of(chain: str, values: Mapping[str, str], order: Sequence[str]) -> Rule:
    """Make a rule of its options; `order` is that of its matches, which `-S` keeps."""
    shown: list[str] = []
    for name in order if list(order) not in ([], ["--dport"]) else ():
        value = f'"{values[name]}"' if " " in values[name] else values[name]
        shown += ["-m", MATCHES[name] or values["-p"], name, value]
    return Rule(
        chain,
        values["-j"],
        values["-p"],
        int(values["--dport"] or 0),
        values["-s"].removesuffix("/32"),
        values["-d"].removesuffix("/32"),
        values["-i"] or values["-o"],
        ports=tuple(int(port) for port in values["--dports"].split(",") if port),
        states=tuple(state for state in values["--ctstate"].split(",") if state),
        matches=tuple(shown),
    )


@program("ip6tables", folder="/usr/sbin")
async def ip6tables(call: Call) -> int:
    """Show the rules for IPv6, of which a practice host has none."""
    if call.uid:
        call.err(NO_ROOT.replace("iptables", "ip6tables"))
        return NOT_ROOT
    call.out("".join(f"-P {chain} ACCEPT\n" for chain in ("INPUT", "FORWARD", "OUTPUT")) if "-S" in call.argv else "")
    return 0


@program("iptables-save", folder="/usr/sbin")
async def iptables_save(call: Call) -> int:
    """Print all rules as iptables-restore reads them."""
    if call.uid:
        call.err(NO_ROOT.replace("iptables", "iptables-save", 1))
        return NOT_ROOT
    wanted = call.argv[call.argv.index("-t") + 1] if "-t" in call.argv[1:-1] else ""
    for name in (wanted,) if wanted else ("filter", *call.host.tables):
        table = table_of(call.host, name)
        if table is not None and (wanted or name == "filter" or table.rules):
            call.out(f"# Generated by iptables-save v1.8.9 (nf_tables)\n*{name}\n")
            call.out("".join(f":{chain} {policy or '-'} [0:0]\n" for chain, policy in table.chains.items()))
            chains = sorted_chains(table.chains)
            call.out("".join(f"{rule.spec()}\n" for chain in chains for rule in rules_of(table, chain)))
            call.out("COMMIT\n# Completed\n")
    return 0
