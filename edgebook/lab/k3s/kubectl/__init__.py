"""kubectl as K3s carries it: the commands an operator types on a server.

Not a client library: it reads and writes the cluster's store, if the way to its API is open.
"""
