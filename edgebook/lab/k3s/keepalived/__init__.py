"""keepalived: an address that moves between hosts by priority.

Not a load balancer: only the VRRP half of keepalived is here.
"""
