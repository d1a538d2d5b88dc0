"""How long things take, in practice seconds.

Not real seconds: the world's clock divides them by its speed.
"""

from __future__ import annotations

UNPACK_S = 1.5
"""The program unpacks what it carries, on its first start only."""
DATASTORE_S = 2.0
APISERVER_S = 4.5
"""From the datastore's answer to the API's."""
JOIN_S = 3.0
"""A new etcd member receives the database."""
LEARNER_S = 5.0
"""A learner catches up and is promoted."""
VOTER_NOTICED_S = 4.0
"""The node's condition follows its membership."""
MIGRATE_S = 4.0
AGENT_S = 4.0
"""An agent fetches its certificates and starts containerd."""
NETWORK_S = 4.0
"""The pod network comes up after the node has registered."""
RETRY_S = 5.0
DIAL_TIMEOUT_S = 10.0
HEARTBEAT_S = 10.0
TICK_S = 2.0
REPORT_S = 300.0
"""A kubelet repeats an unchanged status only this often."""
LEARNER_STALL_S = 300.0
REMOVED_NOTICED_S = 60.0
"""A server that was removed from etcd ends itself; K3s gives the removal a minute."""
DOWNLOAD_S = 3.0
SNAPSHOT_S = 1.0
