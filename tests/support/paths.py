"""Paths used by the tests: of the repository and of GitHub's API."""

from pathlib import Path

ROOT = Path(__file__).parents[2]

SUMMARY = "/billing/usage/summary"
"""The path of every account's usage summary ends like this."""

LEGACY_PATHS = {
    "legacy_actions": "/billing/actions",
    "legacy_packages": "/billing/packages",
    "legacy_shared_storage": "/billing/shared-storage",
}

ACME_BILL = "/organizations/acme/settings/billing"
CORP_BILL = "/enterprises/acme-corp/settings/billing"
ACME_SUMMARY = f"{ACME_BILL}/usage/summary"
CORP_SUMMARY = f"{CORP_BILL}/usage/summary"
MONA_SUMMARY = "/users/mona/settings/billing/usage/summary"
