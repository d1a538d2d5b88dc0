"""The controllers that make a cluster do what its objects say: pods for workloads, nodes for pods, life for both.

Not the API, and not a host: whoever runs a cluster calls `Workloads.run` now and then; nothing here waits.

    owned         what an owner owns, and pods made from its template
    replicas · deployments · others      workloads
    placement · scheduler     which node a pod goes to
    nodehealth · tainteviction · podgc    which nodes are lost, and what becomes of their pods
    events    what they say of it
    containers    how far a pod is that has a node
    budgets       how many pods may go, and the addresses behind a service
    workloads     all of them, in turn, for what has changed
"""
