"""Edgebook's way to hosts beside that of its peers: the same work on the same hosts, in one run.

Not a test, and no time in it is a promise: machines differ, so what counts is the ratio to the fastest.
Run it as `python -m tests.benchmarks.hosts` where Docker is; `--help` names the rows.
"""
