"""Actions: minutes, bandwidth and storage, against the quotas."""

from dataclasses import dataclass

from grafana_foundation_sdk.models import dashboard as model

from grafana import looks, money, quotas, self_hosted, trust, whole
from grafana.boards import overview
from grafana.frame import Row, Section
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, day, latest, recorded, top, total

UID = "github-billing-actions"

_OF_ACTIONS = 'product="actions"'
_BANDWIDTH, _STORAGE = "usage|legacy_packages", "usage|legacy_shared_storage"
_NO_MINUTES = "No Actions minutes: neither platform offers them to these accounts"
_NO_STORAGE = "No storage estimate in the first 72 hours of a month: GitHub's reports lag"
_USED = (
    "Actions minutes used this cycle. The usage platform includes free, public and self-hosted "
    "minutes."
)
_INCLUDED = (
    "On the usage platform the included amounts come from the settings, or else from the table of "
    "plans; an enterprise is assumed to have Enterprise Cloud."
)
_PAID = (
    "Actions minutes paid for this cycle, beyond the quota or on larger runners. The usage "
    "platform counts only minutes that have a price."
)


@dataclass(frozen=True)
class Platform:
    """A billing platform; minutes of one must not be added to those of the other."""

    name: str
    meaning: str
    empty: str
    suffix: str = ""

    def only(self, expression: str) -> str:
        """Return the series of accounts that are on the platform."""
        there = latest("account_info", "platform", only=f'platform="{self.name}"')
        return f"(({expression}) and on ({IDENTITY}) {there})"


USAGE = Platform(
    "usage",
    "of accounts on the usage platform, including free, public and self-hosted ones.",
    "only on the legacy platform: unfold its row below",
)
LEGACY = Platform(
    "legacy",
    "of accounts on the legacy platform, with GitHub's multipliers by operating system.",
    "no account is on the legacy platform",
    " (legacy)",
)
_RUNNERS = latest("actions_runner_used_minutes", "os", "runner")


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Actions",
        "Minutes, bandwidth and storage, by operating system and runner, against the quotas.",
        [
            Row(
                4,
                [
                    (4, minutes("Used minutes", "used", _USED)),
                    (4, minutes("Paid minutes", "paid", _PAID)),
                    (4, spent()),
                    (4, bandwidth()),
                    (4, storage()),
                    (4, overview.days_left()),
                ],
            ),
            trust.strip(),
            Row(9, [(12, minutes_by_system(USAGE)), (12, dollars_by_system())]),
            Row(11, [(12, by_runner(USAGE)), (12, by_sku())]),
            Row(7, [(17, quotas.left()), (7, overview.spent_quotas())]),
            Row(8, [(12, bandwidth_over_time()), (12, storage_over_time())]),
            Section("Self-hosted beside hosted", folded=True),
            *self_hosted.by_system(),
            Section("Legacy platform", folded=True),
            Row(9, [(12, minutes_by_system(LEGACY)), (12, by_runner(LEGACY))]),
            Row(8, [(24, minutes_left())]),
        ],
    )


def minutes(title: str, kind: str, meaning: str) -> Panel:
    # Two replicas may differ for an hour after a move.
    platform = f"topk by ({IDENTITY}) (1, {latest('account_info', 'platform')})"
    used = f"{latest(f'actions_{kind}_minutes')} * on ({IDENTITY}) group_left (platform) {platform}"
    by_platform = f'label_replace({total(used, "platform")}, "name", "$1", "platform", "(.+)")'
    panel = looks.number(
        title,
        f"{meaning} From `actions_{kind}_minutes`, by billing platform of `account_info`: on the "
        "legacy platform GitHub applies minute multipliers by operating system for organizations "
        "and users, so the two must not be added. GitHub rounds each job up to a whole minute.",
        whole.named(by_platform, "usage|legacy_actions"),
        looks.COUNT,
        _NO_MINUTES,
        decimals=0,
    )
    return whole.marked(panel)


def spent() -> Panel:
    spend = total(recorded(money.NET_BY_PRODUCT, _OF_ACTIONS))
    return whole.number(
        "Spent on Actions",
        "Net dollars of Actions, month to date: minutes, storage and larger runners. From "
        "`usage_net_usd`.",
        whole.covered(f"({spend} or 0 * {total(recorded(money.NET))})", money.BILL),
        looks.USD,
        money.NO_DOLLARS,
    )


def bandwidth() -> Panel:
    return whole.number(
        "Packages bandwidth",
        "Gigabytes transferred by Packages, this cycle; on the usage platform, including free "
        "transfer. From `packages_used_bandwidth_gigabytes`.",
        whole.covered(total(latest("packages_used_bandwidth_gigabytes")), _BANDWIDTH),
        looks.GIGABYTES,
        "No Packages data was read",
        decimals=1,
    )


def storage() -> Panel:
    return whole.number(
        "Shared storage",
        "Gigabytes of Actions and Packages storage. Legacy platform: GitHub's estimate for the "
        "cycle. Usage platform: the average of the cycle so far, from the fourth day, as GitHub's "
        "reports lag by up to three days. From `shared_storage_estimated_gigabytes`.",
        whole.covered(total(latest("shared_storage_estimated_gigabytes")), _STORAGE),
        looks.GIGABYTES,
        _NO_STORAGE,
        decimals=1,
    )


def minutes_by_system(platform: Platform) -> Panel:
    return looks.daily(
        f"Daily minutes by operating system{platform.suffix}",
        f"Actions minutes by day (UTC) and operating system, {platform.meaning} From the daily "
        "increase of `actions_runner_used_minutes`.",
        [Query(total(platform.only(day(_RUNNERS)), "os"), "{{os}}")],
        looks.COUNT,
        f"Less than one day of data, or {platform.empty}",
        colours=looks.SYSTEMS,
    )


def dollars_by_system() -> Panel:
    skus = latest("usage_gross_usd", "sku", only=f'{_OF_ACTIONS},sku=~"actions_.+"')
    system = f'label_replace({day(skus)}, "os", "other", "", "")'
    named = f'label_replace({system}, "os", "$1", "sku", "actions_(linux|windows|macos).*")'
    return looks.daily(
        "Daily gross cost by operating system",
        "Gross dollars of Actions by day (UTC) and operating system of the SKU; SKUs without one, "
        "such as storage, are `other`. A macOS minute costs ten times a Linux minute. Gross, to "
        "compare included usage too. From the daily increase of `usage_gross_usd`.",
        [Query(total(named, "os"), "{{os}}")],
        looks.USD,
        "Less than one day of data, or the legacy platform, which has no dollar amounts",
        colours=looks.SYSTEMS,
    )


def by_runner(platform: Platform) -> Panel:
    runners = total(platform.only(_RUNNERS), "runner")
    return looks.bars(
        f"Which runner uses most minutes?{platform.suffix}",
        "Actions minutes by runner, this cycle: the top ten, and the rest as `other`, "
        f"{platform.meaning} From `actions_runner_used_minutes`.",
        Query(top(runners, "runner"), "{{runner}}"),
        looks.COUNT,
        f"No Actions minutes were read, or {platform.empty}",
        decimals=0,
    )


def by_sku() -> Panel:
    skus = total(latest("usage_net_usd", "product", "sku", only=_OF_ACTIONS), "sku")
    return looks.bars(
        "Which SKU costs most?",
        "Net dollars by SKU of Actions, month to date: the top ten, and the rest as `other`. From "
        "`usage_net_usd`.",
        Query(top(skus, "sku"), "{{sku}}"),
        looks.USD,
        money.NO_DOLLARS,
        decimals=2,
    )


def minutes_left() -> Panel:
    of_minutes = 'quota="actions_minutes"'
    limit = recorded(f"{overview.QUOTA}:limit", of_minutes)
    used = recorded(f"{overview.QUOTA}:used", of_minutes)
    return looks.lines(
        "How many included minutes are left?",
        "Included minutes less used minutes, this cycle; below 0, minutes are billed. Legacy "
        "platform only: on the usage platform, used minutes include usage that no quota covers. "
        "From `actions_included_minutes` and `actions_used_minutes`.",
        [Query(f"sort({limit} - {used})", "{{account}}")],
        looks.COUNT,
        'No account is on the legacy platform: see "Quota used up?"',
        low=None,
    )


def bandwidth_over_time() -> Panel:
    return _against_included(
        "How much bandwidth does Packages use?",
        "Gigabytes transferred by Packages, this cycle: used, paid for and included in plans. From "
        "`packages_*_bandwidth_gigabytes`. On the usage platform, used includes free transfer: "
        f"worry if any is paid for. {_INCLUDED}",
        {
            "Used": "packages_used_bandwidth_gigabytes",
            "Paid for": "packages_paid_bandwidth_gigabytes",
            "Included": "packages_included_bandwidth_gigabytes",
        },
        _BANDWIDTH,
        "No Packages data was read",
    )


def storage_over_time() -> Panel:
    return _against_included(
        "How much storage is used?",
        "Gigabytes of Actions and Packages storage, this cycle: used, paid for, and included in "
        "plans if known. From `shared_storage_*_gigabytes`. On the usage platform, used is the "
        "average of the cycle so far, from the fourth day; paid grows through the month, as it is "
        f"net GB-hours to date divided by the 744 hours of GitHub's price. {_INCLUDED}",
        {
            "Used": "shared_storage_estimated_gigabytes",
            "Paid for": "shared_storage_estimated_paid_gigabytes",
            "Included": "shared_storage_included_gigabytes",
        },
        _STORAGE,
        _NO_STORAGE,
    )


def _against_included(
    title: str, about: str, metrics: dict[str, str], collector: str, empty: str
) -> Panel:
    first, second, third = metrics
    there = whole.read(collector)
    return looks.lines(
        title,
        f"{about} The lines are interrupted while an account could not be read.",
        [
            Query(whole.only_whole(total(latest(metric)), there, collector), name)
            for name, metric in metrics.items()
        ],
        looks.GIGABYTES,
        empty,
        colours={first: looks.PLAIN, second: "#B583D6", third: looks.GREY},
        dashed=[third],
    )
