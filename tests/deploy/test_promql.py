"""The PromQL helpers of the rule tests."""

import pytest

from tests.support.promql import Selector, labels, metrics, selectors


class TestSelectors:
    @pytest.mark.parametrize(
        "expression",
        [
            "a",
            "a[5m]",
            "rate(a[5m])",
            "max_over_time((a > 1)[1d:5m])",
            "-a offset 1d",
            "topk(3, a)",
            "1 - a",
            'label_replace(a, "b", "$1", "c", "(.+)")',
            '{__name__="a"}',
        ],
    )
    def test_are_found_wherever_they_stand(self, expression: str) -> None:
        assert metrics(expression) == {"a"}

    def test_come_with_the_labels_that_they_match(self) -> None:
        found = selectors('a{x="1", y!~"2"} / on (z) b')
        assert found == [Selector("a", frozenset({"x", "y"})), Selector("b", frozenset())]

    def test_that_name_no_metric_are_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="names no metric"):
            selectors('{job="x"}')

    def test_of_what_is_no_promql_are_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="unclosed"):
            selectors("sum(")


class TestLabels:
    @pytest.mark.parametrize(
        ("expression", "read"),
        [
            ('a{x="1"}', {"x"}),
            ("sum by (x, y) (a)", {"x", "y"}),
            ("a * on (x) group_left (y) b", {"x", "y"}),
            ('label_join(a, "z", "-", "x", "y")', {"x", "y"}),
            ('sum by (z) (label_replace(a, "z", "$1", "x", "(.+)"))', {"x"}),
            ('label_replace(a, "z", "always", "", "")', set()),
            ("a", set()),
        ],
    )
    def test_are_those_of_the_metrics_and_not_those_made_on_the_way(
        self, expression: str, read: set[str]
    ) -> None:
        assert labels(expression) == read
