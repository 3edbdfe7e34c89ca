"""Seats and licences: Advanced Security, enterprise, plan, Copilot."""

from exporter.metrics.catalogue.declare import POLLED, bill

_GHAS = f"GitHub's advanced-security report. {POLLED}"
ADVANCED_SECURITY_USED_SEATS = bill(
    "advanced_security_used_seats",
    "Distinct active committers, each of whom uses a seat of the product. One committer may use "
    "several products: never add them. Of an organization that an enterprise pays for it counts "
    "people too who cost nothing more, as another organization's use of them is paid for already.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_MAXIMUM_SEATS = bill(
    "advanced_security_maximum_seats",
    "Seats that would be used were the product on for every repository.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_PURCHASED_SEATS = bill(
    "advanced_security_purchased_seats",
    "Seats bought, where they are bought by volume.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_REPOSITORIES = bill(
    "advanced_security_repositories",
    "Repositories with active committers.",
    "product",
    source=_GHAS,
)
ADVANCED_SECURITY_REPOSITORY_COMMITTERS = bill(
    "advanced_security_repository_committers",
    "Active committers of a repository. One person commits to several: never add them.",
    "product",
    "organization",
    "repository",
    source=_GHAS,
    summable=False,
)
_LICENSES = f"GitHub's consumed licences. {POLLED}"
LICENSES_CONSUMED_SEATS = bill(
    "licenses_consumed_seats", "Enterprise licences in use.", source=_LICENSES
)
LICENSES_PURCHASED_SEATS = bill(
    "licenses_purchased_seats", "Enterprise licences bought.", source=_LICENSES
)
LICENSES_TYPE_SEATS = bill(
    "licenses_type_seats",
    "People who hold an enterprise licence, by its type; empty where GitHub says none.",
    "license_type",
    source=_LICENSES,
)
_SYNC = f"GitHub's licence synchronisation. {POLLED}"
LICENSE_SYNC_INFO = bill(
    "license_sync_info",
    "An Enterprise Server: its host name. Always 1.",
    "server",
    "hostname",
    source=_SYNC,
)
LICENSE_SYNC_SUCCESS = bill(
    "license_sync_success",
    "1 if the server's last synchronisation of licences succeeded.",
    "server",
    source=_SYNC,
)
LICENSE_SYNC_TIMESTAMP = bill(
    "license_sync_timestamp_seconds",
    "When the server last synchronised its licences.",
    "server",
    source=_SYNC,
)
_SEATS = f"GitHub's organization. {POLLED}"
PLAN_FILLED_SEATS = bill("plan_filled_seats", "Seats of the plan in use.", source=_SEATS)
PLAN_PURCHASED_SEATS = bill("plan_purchased_seats", "Seats of the plan bought.", source=_SEATS)
_COPILOT = f"GitHub's Copilot billing. {POLLED}"
COPILOT_SEATS = bill("copilot_seats", "Copilot seats, each holder once.", source=_COPILOT)
COPILOT_ACTIVE_SEATS = bill(
    "copilot_active_seats",
    "Copilot seats used this cycle; with the inactive ones they need not be the total.",
    source=_COPILOT,
)
COPILOT_INACTIVE_SEATS = bill(
    "copilot_inactive_seats", "Copilot seats not used this cycle.", source=_COPILOT
)
COPILOT_ADDED_SEATS = bill(
    "copilot_added_seats", "Copilot seats added this cycle.", source=_COPILOT
)
COPILOT_PENDING_INVITATION_SEATS = bill(
    "copilot_pending_invitation_seats",
    "Copilot seats of people who have not accepted their invitation.",
    source=_COPILOT,
)
COPILOT_PENDING_CANCELLATION_SEATS = bill(
    "copilot_pending_cancellation_seats",
    "Copilot seats that end with this cycle.",
    source=_COPILOT,
)
COPILOT_INFO = bill(
    "copilot_info",
    "The organization's Copilot plan: business or enterprise. Always 1.",
    "plan_type",
    source=_COPILOT,
)
COPILOT_SEAT_LAST_ACTIVITY = bill(
    "copilot_seat_last_activity_seats",
    "Copilot seats by how long ago they were last used; a person in two organizations counts "
    "once, and the ages sum to copilot_seats.",
    "age",
    source=_COPILOT,
)
