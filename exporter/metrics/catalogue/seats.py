"""Seats and licenses: Advanced Security, enterprise, plan, Copilot."""

from exporter.metrics.catalogue.declare import bill

ADVANCED_SECURITY_USED_SEATS = bill(
    "advanced_security_used_seats",
    "Distinct active committers, each using a seat of the product. Do not sum over products: one "
    "person may use several. Organizations of an enterprise: includes people already paid for "
    "through another organization.",
    "product",
)
ADVANCED_SECURITY_MAXIMUM_SEATS = bill(
    "advanced_security_maximum_seats",
    "Seats that would be used if the product were enabled for every repository.",
    "product",
)
ADVANCED_SECURITY_PURCHASED_SEATS = bill(
    "advanced_security_purchased_seats", "Seats purchased, if bought by volume.", "product"
)
ADVANCED_SECURITY_REPOSITORIES = bill(
    "advanced_security_repositories", "Repositories with active committers.", "product"
)
ADVANCED_SECURITY_REPOSITORY_COMMITTERS = bill(
    "advanced_security_repository_committers",
    "Active committers of a repository. Do not sum over repositories: one person may commit "
    "to several.",
    "product",
    "organization",
    "repository",
    summable=False,
)
LICENSES_CONSUMED_SEATS = bill("licenses_consumed_seats", "Enterprise licenses in use.")
LICENSES_PURCHASED_SEATS = bill("licenses_purchased_seats", "Enterprise licenses purchased.")
LICENSES_TYPE_SEATS = bill(
    "licenses_type_seats",
    "People with an enterprise license, by license type; empty if GitHub names none.",
    "license_type",
)
LICENSE_SYNC_INFO = bill(
    "license_sync_info", "Enterprise Server with its host name.", "server", "hostname"
)
LICENSE_SYNC_SUCCESS = bill(
    "license_sync_success",
    "1 if the server's last license synchronization succeeded, 0 if it failed.",
    "server",
)
LICENSE_SYNC_TIMESTAMP = bill(
    "license_sync_timestamp_seconds",
    "Unix time of the server's last license synchronization.",
    "server",
)
PLAN_FILLED_SEATS = bill("plan_filled_seats", "Plan seats in use.")
PLAN_PURCHASED_SEATS = bill("plan_purchased_seats", "Plan seats purchased.")
COPILOT_SEATS = bill("copilot_seats", "Copilot seats; each holder counts once.")
COPILOT_ACTIVE_SEATS = bill(
    "copilot_active_seats",
    "Copilot seats used this cycle. Active and inactive seats may not add up to copilot_seats.",
)
COPILOT_INACTIVE_SEATS = bill("copilot_inactive_seats", "Copilot seats not used this cycle.")
COPILOT_ADDED_SEATS = bill("copilot_added_seats", "Copilot seats added this cycle.")
COPILOT_PENDING_INVITATION_SEATS = bill(
    "copilot_pending_invitation_seats", "Copilot seats with an invitation not yet accepted."
)
COPILOT_PENDING_CANCELLATION_SEATS = bill(
    "copilot_pending_cancellation_seats", "Copilot seats that end with the current cycle."
)
COPILOT_INFO = bill(
    "copilot_info", "The organization's Copilot plan: business or enterprise.", "plan_type"
)
COPILOT_SEAT_LAST_ACTIVITY = bill(
    "copilot_seat_last_activity_seats",
    "Copilot seats by time since their last use; they add up to copilot_seats. A person in two "
    "organizations counts once.",
    "age",
)
