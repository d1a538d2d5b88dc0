"""The controllers that make a cluster do what its objects say: pods for workloads, nodes for pods.

Not the API, and not a host: whoever runs a cluster calls `Workloads.run` now and then; nothing here waits.

    owned         what an owner owns, and pods made from its template
    replicas · deployments · daemonsets · statefulsets · jobs · cronjobs · cron      workloads
    volumes · localpath       claims and their volumes
    scheduler     which node a pod goes to, or why to none
    waiting · queues · verdicts          whom it tries, how it finds a node for many like pods, what it writes
    outlook = placement · guests · claims · spread · affinity      what a node must have for a pod
    places · tallies · matching          what they ask of: nodes and their pods, counts, volumes
    preemption    who has to go for a pod of more weight
    nodehealth · tainteviction · podgc    which nodes are lost, and what becomes of their pods
    events    what they say of it
    budgets       how many pods may go, and the addresses behind a service
    workloads     all of them, in turn, for what has changed
"""
