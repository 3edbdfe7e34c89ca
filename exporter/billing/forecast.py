"""The forecast of a SKU's net dollars at the end of the month, as by the recording rules.

A ``rate`` is the amount at the end of the month at the pace of its average day.
"""

CENT = 0.01


def licenses(net: float, rate: float, before: float, day: float) -> float:
    """Return the average rate only if three days added more than an average day.

    ``before`` are the net dollars three days ago, ``day`` is a day's share of the days so far.
    """
    return rate if net - before > net * day else net


def first_licenses(net: float, rate: float, previous: float) -> float:
    """Return the average rate, but at most last month's net dollars: until three days are known."""
    return min(rate, max(net, previous))


def covered(rate: float, discount: float, discount_rate: float, previous: float) -> float:
    """Return the forecast of usage of which a plan covers as much as last month."""
    return rate + max(discount_rate - max(discount, previous), 0.0)


def going_on(
    net: float, gross: float, gross_rate: float, net_before: float, gross_before: float
) -> float:
    """Return the forecast of usage that is discounted as in the last three days."""
    paid = min(max((net - net_before) / (gross - gross_before), 0.0), 1.0)
    return net + (gross_rate - gross) * paid
