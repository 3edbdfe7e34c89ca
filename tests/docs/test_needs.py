"""What the rules need of Prometheus is the same wherever it is said."""

import re

import pytest

from deploy.prometheus.needs import RETENTION_DAYS, SCRAPE_MINUTES, WORKFLOW_RETENTION_DAYS
from tests.support.paths import ROOT

CHART = "deploy/helm/github-billing-exporter"
RUNBOOKS = "docs/runbooks"
SAID = [
    ("README.md", r"every (\w+) minutes or more often", SCRAPE_MINUTES),
    ("docs/running.md", r"at least every (\w+) minutes", SCRAPE_MINUTES),
    (f"{RUNBOOKS}/GitHubBillingScrapesTooRare.md", r"than every (\w+) minutes", SCRAPE_MINUTES),
    (f"{RUNBOOKS}/GitHubBillingScrapesTooRare.md", r"interval is (\w+) minutes", SCRAPE_MINUTES),
    (f"{CHART}/README.md", r"interval` is at most (\w+) minutes", SCRAPE_MINUTES),
    (f"{CHART}/values.yaml", r"Scrape interval, at most (\d+)m", SCRAPE_MINUTES),
    (f"{CHART}/templates/_checks.tpl", r"interval %s is longer than (\d+)m", SCRAPE_MINUTES),
    (f"{CHART}/templates/_checks.tpl", r"\.interval \| int64\) (\d+)0000 ", SCRAPE_MINUTES * 6),
    ("README.md", r"retention \| (\d+) days", RETENTION_DAYS),
    ("docs/running.md", r"Keep at least (\d+) days", RETENTION_DAYS),
    (f"{RUNBOOKS}/GitHubBillingRetentionTooShort.md", r"before it is (\d+) days", RETENTION_DAYS),
    (f"{RUNBOOKS}/GitHubBillingRetentionTooShort.md", r"time=(\d+)d` or", RETENTION_DAYS),
    (f"{CHART}/values.yaml", r"keep at least (\d+) days", RETENTION_DAYS),
    ("README.md", r"(\d+) for alerts on workflows", WORKFLOW_RETENTION_DAYS),
    ("docs/running.md", r"WorkflowSpendJump` needs (\d+) days", WORKFLOW_RETENTION_DAYS),
    ("docs/dashboards.md", r"usual week needs (\d+) days", WORKFLOW_RETENTION_DAYS),
    (f"{RUNBOOKS}/GitHubBillingWorkflowSpendJump.md", r"needs (\d+) days", WORKFLOW_RETENTION_DAYS),
    (f"{CHART}/values.yaml", r"its default, and (\d+) for", WORKFLOW_RETENTION_DAYS),
]


@pytest.mark.parametrize(("page", "sentence", "number"), SAID)
def test_is_the_same(page: str, sentence: str, number: int) -> None:
    said = re.findall(sentence, (ROOT / page).read_text())
    assert {{"two": "2"}.get(each, each) for each in said} == {str(number)}
