"""The alerts of the first day of ``benchmarks/alerts.py``."""

from tests.support.forty_days import judged


def test_tell_of_a_quota_that_will_run_out_and_raise_no_false_alarm() -> None:
    found = judged(days=1)
    assert [each for each in found if each.fault] == []
    fired = {each.firing.alert for each in found if each.firing}
    assert fired == {"QuotaWillRunOut", "ScrapesTooRare"}
