"""The practice site's Kubernetes API: a store, the rules that guard it, and HTTPS in front of it.

Not here: controllers, kubelets, or anything that decides what a cluster should look like.

    times · trees · selectors     small pure pieces: timestamps, JSON trees, label and field selectors
    kinds · listtypes             what exists, as data
    decoding · yamls · bodies     what a client sent: JSON and YAML within bounds, held against its kind
    errors · limits               the Status objects a real API server answers with, and what etcd takes
    store ◀ metadata defaults validation watches garbage     state; pure and synchronous
    patch · strategic · managed   the four patch types
    pki · auth                    certificates, kubeconfig, who is asking
    cells · tables · discovery · openapi · health            what clients read about objects and the API
    api ─▶ routes ─▶ reading writing subresources ─▶ store      the HTTPS server
"""
