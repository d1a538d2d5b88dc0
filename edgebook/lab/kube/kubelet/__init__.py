"""A kubelet's work on the pods of its node: images, containers, probes, restarts, their end, and what they print.

Not a container runtime: nothing runs. What a program would do is told by `catalogue` for known images
and by `script` for commands a person types; an image nobody knows runs. Not a host either: whoever has
one gives a `Machine`, and calls `PodWorker.tick` now and then.

    references · catalogue    the names of images, and what known ones do
    script · programs         what a container does from its start on, second by second
    pulling · containers      how a container gets its image, starts, ends and starts again
    probing                   whether it is started, alive and ready
    podlife · needs           a pod from its sandbox to its end, and what it waits for
    statuses                  what the API is told of it
    worker                    all pods of one node
"""
