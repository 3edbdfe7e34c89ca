"""An account whose legacy figures and usage differ, so that a page shows its source."""

from exporter.accounts import Platform
from exporter.demo import SimulatedAccount
from tests.support.paths import LEGACY_PATHS
from tests.support.world import World, organization, row

OLD = {"used": 1250.0, "included": 3000.0, "bandwidth": 10.0}


NEW = {"used": 100.0, "included": 2000.0, "bandwidth": 1.0}


def acme(platform: Platform = Platform.USAGE) -> SimulatedAccount:
    """Return an account with the legacy figures ``OLD`` and the usage and plan of ``NEW``."""
    return organization(
        plan="free",
        platform=platform,
        usage_items=[row(grossQuantity=NEW["used"])],
        legacy={
            "actions": {
                "total_minutes_used": OLD["used"],
                "total_paid_minutes_used": 0.0,
                "included_minutes": OLD["included"],
                "minutes_used_breakdown": {"UBUNTU": 1250, "total": 1250},
            },
            "packages": {
                "total_gigabytes_bandwidth_used": 50,
                "total_paid_gigabytes_bandwidth_used": 40,
                "included_gigabytes_bandwidth": OLD["bandwidth"],
            },
        },
    )


def bill(world: World) -> dict[str, float | None]:
    return {
        "used": world.value("actions_used_minutes"),
        "included": world.value("actions_included_minutes"),
        "bandwidth": world.value("packages_included_bandwidth_gigabytes"),
    }


def legacy_asked(world: World) -> dict[str, int]:
    return {name: world.asked(path) for name, path in LEGACY_PATHS.items()}


def each(count: int) -> dict[str, int]:
    return dict.fromkeys(LEGACY_PATHS, count)
