"""The hosts of the practice site: their files, services, processes, ports and power.

Not the network between them, nor K3s on them.
"""
