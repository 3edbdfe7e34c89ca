"""The queries of docs/money.md, checked without a Prometheus."""

from collections.abc import Iterator

import promql_parser
import pytest

from deploy.prometheus.labels import ACCOUNT
from exporter.metrics import catalogue
from tests.support.dashboards import labels_of_series, nodes
from tests.support.promql import labels, selectors
from tests.support.questions import PAGE, QUESTIONS, Question

LABELS = labels_of_series()
IDENTITY = set(ACCOUNT.split(", "))
RAW = {metric.name: {*IDENTITY, *metric.labels} for metric in catalogue.ALL}

every_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.title)


def merged(query: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each metric of a pod that an aggregation reads, with the labels that it keeps."""
    for node in nodes(promql_parser.parse(query)):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            inner = node.expr
            while isinstance(inner, promql_parser.Call):
                inner = inner.args[0]
            name = getattr(getattr(inner, "vector_selector", inner), "name", None)
            if name in RAW:
                assert str(node.op) in {"max", "min"}
                yield name, set(node.modifier.labels)


def test_every_query_belongs_to_a_question() -> None:
    assert len(QUESTIONS) == PAGE.read_text().count("```promql\n") > 30


@every_question
class TestAQuestion:
    def test_reads_metrics_and_labels_that_there_are(self, question: Question) -> None:
        read = selectors(question.query)
        assert all(each.labels <= LABELS[each.metric] for each in read)
        assert labels(question.query) <= set().union(*(LABELS[each.metric] for each in read))

    def test_counts_a_pod_that_is_replaced_once(self, question: Question) -> None:
        raw = [each.metric for each in selectors(question.query) if each.metric in RAW]
        found = list(merged(question.query))
        assert sorted(raw) == sorted(name for name, _ in found)
        for name, kept in found:
            assert IDENTITY <= kept <= RAW[name]
            assert name.endswith("_info") or kept >= RAW[name] - {"unit"}
