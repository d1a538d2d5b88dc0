"""A stand-in for the program `k3s`, for tests on real Linux hosts: what it shows at the process level, and no more.

Not K3s: there is no etcd, no kubelet, no container. It reads the configuration, checks tokens over TLS, keeps the
files where K3s keeps them, tells systemd when it is ready, and answers on 6443 with nodes that its own processes
have announced. Only the standard library and the `openssl` program are needed, for hosts have no more.
"""
