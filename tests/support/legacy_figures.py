"""Answers of the legacy endpoints, as GitHub documents them."""

PACKAGES = {
    "total_gigabytes_bandwidth_used": 50,
    "total_paid_gigabytes_bandwidth_used": 40,
    "included_gigabytes_bandwidth": 10,
}
SHARED_STORAGE = {
    "days_left_in_billing_cycle": 20,
    "estimated_paid_storage_for_month": 15,
    "estimated_storage_for_month": 40,
}
