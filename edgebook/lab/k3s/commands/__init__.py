"""The commands of the program `k3s` besides `server` and `agent`.

Not kubectl: that has its own package.
"""
