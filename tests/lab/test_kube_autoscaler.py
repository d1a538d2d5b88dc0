"""Autoscalers: what they ask for, what holds them back, and what they say."""

import pytest

from edgebook.lab.kube.trees import condition
from tests.lab.kubestage import Stage, wish

BUSY = ["sh", "-c", "while true; do :; done"]
WEB = {"app": "web"}


def scaled(metrics=None, *, least=1, most=10, **spec):
    """Describe an autoscaler of the web."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec |= {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": spec | ({"metrics": metrics} if metrics else {}),
    }


def usage(percent=50, name="cpu"):
    """Return a metric that wants so much of what is requested to be used."""
    target = {"type": "Utilization", "averageUtilization": percent}
    return [{"type": "Resource", "resource": {"name": name, "target": target}}]


def web(stage, *, replicas=1, command=None, requests=None):
    """Deploy the web and wait until it serves."""
    spec = wish("x", requests={"cpu": "200m"} if requests is None else requests)["spec"]
    spec["containers"][0] |= {"command": command} if command else {}
    spec["containers"][0]["resources"]["limits"] = {"cpu": "300m"}
    body = {
        "replicas": replicas,
        "selector": {"matchLabels": WEB},
        "template": {"metadata": {"labels": WEB}, "spec": spec},
    }
    stage.make("deployments", {"metadata": {"name": "web", "namespace": "default"}, "spec": body})
    wait(stage, 30)


def wait(stage, seconds):
    """Let time pass in steps of five seconds."""
    for _ in range(seconds // 5):
        stage.run(5)


def size(stage):
    """Return how many replicas are wanted."""
    return stage.store.get("deployments", "web", "default")["spec"]["replicas"]


def mark(stage, kind):
    """Return status, reason and message of a condition."""
    found = condition(stage.store.get("horizontalpodautoscalers", "web", "default"), kind)
    return found.get("status"), found.get("reason"), found.get("message")


@pytest.fixture
def stage():
    """Two nodes."""
    return Stage("a", "b")


def test_load_brings_replicas(stage):
    """A busy pod uses 150 % of its request; at a target of 50 % there are three, and the event says why."""
    web(stage, command=BUSY)
    stage.make("horizontalpodautoscalers", scaled(usage()))
    stage.run()
    assert 3 == size(stage)
    words = "New size: 3; reason: cpu resource utilization (percentage of request) above target"
    assert [words] == stage.events("SuccessfulRescale")
    assert ("True", "SucceededRescale", "the HPA controller was able to update the target scale to 3") == mark(
        stage, "AbleToScale"
    )
    found = stage.store.get("horizontalpodautoscalers", "web", "default")["status"]
    assert {"averageUtilization": 150, "averageValue": "300m"} == found["currentMetrics"][0]["resource"]["current"]


def test_it_at_most_doubles(stage):
    """Without a behavior it goes to four at once, and then doubles, up to the maximum."""
    web(stage, command=BUSY)
    stage.make("horizontalpodautoscalers", scaled(usage(10), most=10))
    stage.run()
    assert (4, "ScaleUpLimit") == (size(stage), mark(stage, "ScalingLimited")[1])
    wait(stage, 60)
    assert (10, "TooManyReplicas") == (size(stage), mark(stage, "ScalingLimited")[1])


def test_it_waits_before_it_takes_away(stage):
    """An idle set shrinks only when five minutes have asked for less."""
    web(stage, replicas=4)
    stage.make("horizontalpodautoscalers", scaled(usage(), least=2))
    wait(stage, 240)
    assert (4, "ScaleDownStabilized") == (size(stage), mark(stage, "AbleToScale")[1])
    wait(stage, 90)
    assert (2, "True", "TooFewReplicas") == (size(stage), *mark(stage, "ScalingLimited")[:2])
    assert ["New size: 2; reason: All metrics below target"] == stage.events("SuccessfulRescale")


def test_a_behavior_sets_the_pace(stage):
    """One pod a minute may go, at once."""
    web(stage, replicas=4)
    policies = [{"type": "Pods", "value": 1, "periodSeconds": 60}]
    down = {"stabilizationWindowSeconds": 0, "policies": policies}
    stage.make("horizontalpodautoscalers", scaled(usage(), behavior={"scaleDown": down}))
    stage.run()
    assert (3, "ScaleDownLimit") == (size(stage), mark(stage, "ScalingLimited")[1])
    wait(stage, 45)
    assert 3 == size(stage)
    wait(stage, 30)
    assert 2 == size(stage)


def test_growth_can_be_forbidden(stage):
    """A disabled direction stays as it is."""
    web(stage, command=BUSY)
    stage.make("horizontalpodautoscalers", scaled(usage(), behavior={"scaleUp": {"selectPolicy": "Disabled"}}))
    wait(stage, 30)
    assert 1 == size(stage)


def test_without_a_request_there_is_no_share(stage):
    """The words name the container and the pod."""
    web(stage, requests={"memory": "64Mi"})
    stage.store.modify(
        "deployments",
        "web",
        lambda obj: obj["spec"]["template"]["spec"]["containers"][0].update(resources={}),
        "default",
    )
    wait(stage, 60)
    stage.make("horizontalpodautoscalers", scaled(usage()))
    stage.run()
    (pod,) = [item["metadata"]["name"] for item in stage.store.list("pods")]
    why = f"failed to get cpu utilization: missing request for cpu in container main of Pod {pod}"
    assert ("False", "FailedGetResourceMetric", f"the HPA was unable to compute the replica count: {why}") == mark(
        stage, "ScalingActive"
    )
    told = f"invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: {why}"
    assert [told] == stage.events("FailedComputeMetricsReplicas")
    assert [why] == stage.events("FailedGetResourceMetric")


def test_limits_hold_without_metrics(stage):
    """Fewer than the minimum is mended at once."""
    web(stage)
    stage.make("horizontalpodautoscalers", scaled(usage(), least=3))
    stage.run()
    assert 3 == size(stage)
    assert ["New size: 3; reason: Current number of replicas below Spec.MinReplicas"] == stage.events(
        "SuccessfulRescale"
    )


def test_zero_is_off(stage):
    """A set of none is left alone."""
    web(stage, replicas=0)
    stage.make("horizontalpodautoscalers", scaled(usage()))
    stage.run()
    assert (0, "ScalingDisabled") == (size(stage), mark(stage, "ScalingActive")[1])


def test_a_missing_target_is_said(stage):
    """The target's name is in the words."""
    stage.make("horizontalpodautoscalers", scaled(usage()))
    stage.run()
    words = 'the HPA controller was unable to get the target\'s current scale: deployments/scale.apps "web" not found'
    assert ("False", "FailedGetScale", words) == mark(stage, "AbleToScale")


def test_a_foreign_metric_is_refused(stage):
    """There is no adapter for metrics of other kinds."""
    web(stage)
    target = {"type": "AverageValue", "averageValue": "10"}
    stage.make(
        "horizontalpodautoscalers", scaled([{"type": "Pods", "pods": {"metric": {"name": "qps"}, "target": target}}])
    )
    stage.run()
    assert "FailedGetPodsMetric" == mark(stage, "ScalingActive")[1]


def test_an_average_value_counts(stage):
    """Two idle pods that use 16 MiB and more are too few for 8 MiB each."""
    web(stage, replicas=2)
    target = {"type": "AverageValue", "averageValue": "8Mi"}
    stage.make(
        "horizontalpodautoscalers", scaled([{"type": "Resource", "resource": {"name": "memory", "target": target}}])
    )
    stage.run()
    assert size(stage) >= 4
    assert "New size" in stage.events("SuccessfulRescale")[0]
    assert stage.events("SuccessfulRescale")[0].endswith("memory resource above target")
