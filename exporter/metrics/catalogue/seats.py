"""Seats and licences: Advanced Security, enterprise, plan, Copilot."""

from functools import partial

from exporter.metrics.catalogue.declare import POLLED, bill

_ghas = partial(bill, source=f"GitHub's advanced-security report. {POLLED}")
ADVANCED_SECURITY_USED_SEATS = _ghas(
    "advanced_security_used_seats",
    "Distinct active committers, each of whom uses a seat of the product. One committer may use "
    "several products: never add them. Of an organization that an enterprise pays for it counts "
    "people too who cost nothing more, as another organization's use of them is paid for already.",
    "product",
)
ADVANCED_SECURITY_MAXIMUM_SEATS = _ghas(
    "advanced_security_maximum_seats",
    "Seats that would be used were the product on for every repository.",
    "product",
)
ADVANCED_SECURITY_PURCHASED_SEATS = _ghas(
    "advanced_security_purchased_seats", "Seats bought, where they are bought by volume.", "product"
)
ADVANCED_SECURITY_REPOSITORIES = _ghas(
    "advanced_security_repositories", "Repositories with active committers.", "product"
)
ADVANCED_SECURITY_REPOSITORY_COMMITTERS = _ghas(
    "advanced_security_repository_committers",
    "Active committers of a repository. One person commits to several: never add them.",
    "product",
    "organization",
    "repository",
    summable=False,
)
_licenses = partial(bill, source=f"GitHub's consumed licences. {POLLED}")
LICENSES_CONSUMED_SEATS = _licenses("licenses_consumed_seats", "Enterprise licences in use.")
LICENSES_PURCHASED_SEATS = _licenses("licenses_purchased_seats", "Enterprise licences bought.")
LICENSES_TYPE_SEATS = _licenses(
    "licenses_type_seats",
    "People who hold an enterprise licence, by its type; empty where GitHub says none.",
    "license_type",
)
_sync = partial(bill, source=f"GitHub's licence synchronisation. {POLLED}")
LICENSE_SYNC_INFO = _sync(
    "license_sync_info", "An Enterprise Server: its host name. Always 1.", "server", "hostname"
)
LICENSE_SYNC_SUCCESS = _sync(
    "license_sync_success",
    "1 if the server's last synchronisation of licences succeeded.",
    "server",
)
LICENSE_SYNC_TIMESTAMP = _sync(
    "license_sync_timestamp_seconds", "When the server last synchronised its licences.", "server"
)
_seats = partial(bill, source=f"GitHub's organization. {POLLED}")
PLAN_FILLED_SEATS = _seats("plan_filled_seats", "Seats of the plan in use.")
PLAN_PURCHASED_SEATS = _seats("plan_purchased_seats", "Seats of the plan bought.")
_copilot = partial(bill, source=f"GitHub's Copilot billing. {POLLED}")
COPILOT_SEATS = _copilot("copilot_seats", "Copilot seats, each holder once.")
COPILOT_ACTIVE_SEATS = _copilot(
    "copilot_active_seats",
    "Copilot seats used this cycle; with the inactive ones they need not be the total.",
)
COPILOT_INACTIVE_SEATS = _copilot("copilot_inactive_seats", "Copilot seats not used this cycle.")
COPILOT_ADDED_SEATS = _copilot("copilot_added_seats", "Copilot seats added this cycle.")
COPILOT_PENDING_INVITATION_SEATS = _copilot(
    "copilot_pending_invitation_seats",
    "Copilot seats of people who have not accepted their invitation.",
)
COPILOT_PENDING_CANCELLATION_SEATS = _copilot(
    "copilot_pending_cancellation_seats", "Copilot seats that end with this cycle."
)
COPILOT_INFO = _copilot(
    "copilot_info",
    "The organization's Copilot plan: business or enterprise. Always 1.",
    "plan_type",
)
COPILOT_SEAT_LAST_ACTIVITY = _copilot(
    "copilot_seat_last_activity_seats",
    "Copilot seats by how long ago they were last used; a person in two organizations counts "
    "once, and the ages sum to copilot_seats.",
    "age",
)
