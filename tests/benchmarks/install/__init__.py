"""Runbook 10 beside k3s-ansible: the same cluster from the same files on the same hosts, in one run.

Not a test, and no time in it is a promise: machines differ, so what counts is the ratio.
Run it as `python -m tests.benchmarks.install` where Docker, a real K3s and k3s-ansible are; without
one of them it says which, and ends with 2.
"""
