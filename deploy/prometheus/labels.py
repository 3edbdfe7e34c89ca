"""Labels that rules keep, and the template of an alert that finds another.

The labels of a pod, such as ``instance``, are aggregated away with max: a new pod starts no new
series, and two replicas are not counted twice.
"""

NAMESPACE = "cluster, namespace"

JOB = f"{NAMESPACE}, job"
"""Of an exporter and its shards. Empty if series lack them."""

ACCOUNT = f"{JOB}, account_type, account"
"""Of one bill: an account of the same name that another exporter reads is another bill."""


def looked_up(info: str, labels: str, wanted: str) -> str:
    """Return the template of a label of an info metric with the alert's ``labels``."""
    names = labels.split(", ")
    matchers = ",".join(f"{name}=%q" for name in names)
    values = " ".join(f"$labels.{name}" for name in names)
    return (
        f'{{{{ with printf "{info}{{{matchers}}}" {values} | query }}}}'
        f' ({{{{ . | first | label "{wanted}" }}}}){{{{ end }}}}'
    )
