"""Actions: where minutes, bandwidth and storage go."""

from grafana_foundation_sdk.models import dashboard as model

from grafana import looks, money, trust
from grafana.boards import overview
from grafana.frame import Row
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.queries import day, latest, recorded, top, total

UID = "github-billing-actions"

_OF_ACTIONS = 'product="actions"'
_NO_MINUTES = "No Actions minutes were read: neither platform offers them to these accounts"
_NO_STORAGE = "In a month's first 72 hours there is no estimate of storage: GitHub's reports lag"
_USED = "used: on usage free, public and self-hosted ones too"
_INCLUDED = (
    "On usage the included are a setting's, else the plan table's; for an enterprise we assume "
    "Enterprise Cloud's."
)
_PAID = "beyond what plans include or on larger runners: on usage only those with a price"


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Actions",
        "Where do minutes, bandwidth and storage go? By system and runner, against the quotas.",
        [
            Row(
                4,
                [
                    (4, minutes("Minutes used", "used", _USED)),
                    (4, minutes("Minutes paid for", "paid", _PAID)),
                    (4, spent()),
                    (4, bandwidth()),
                    (4, storage()),
                    (4, overview.days_left()),
                ],
            ),
            trust.strip(),
            Row(9, [(12, minutes_by_system()), (12, dollars_by_system())]),
            Row(9, [(8, by_runner()), (8, by_sku()), (8, overview.spent_quotas())]),
            Row(6, [(10, overview.quotas()), (14, minutes_left())]),
            Row(8, [(12, bandwidth_over_time()), (12, storage_over_time())]),
        ],
    )


def minutes(title: str, kind: str, meaning: str) -> Panel:
    return looks.number(
        title,
        f"Actions minutes {meaning}, this cycle. From `actions_{kind}_minutes`: on the legacy "
        "platform GitHub multiplies minutes of organizations and users by their system, on usage "
        "they are raw. A minute is rounded up for each job.",
        Query(total(latest(f"actions_{kind}_minutes"))),
        looks.MINUTES,
        _NO_MINUTES,
        decimals=0,
    )


def spent() -> Panel:
    return looks.number(
        "Spent on Actions",
        "Net dollars of the month so far for Actions: minutes, storage and larger runners. From "
        "`usage_net_usd`.",
        Query(total(recorded(money.NET_BY_PRODUCT, _OF_ACTIONS))),
        looks.USD,
        money.NO_DOLLARS,
        decimals=2,
    )


def bandwidth() -> Panel:
    return looks.number(
        "Packages bandwidth",
        "Gigabytes that Packages sent, this cycle, on usage free ones too. From "
        "`packages_used_bandwidth_gigabytes`.",
        Query(total(latest("packages_used_bandwidth_gigabytes"))),
        looks.GIGABYTES,
        "Nothing of Packages was read",
        decimals=1,
    )


def storage() -> Panel:
    return looks.number(
        "Shared storage",
        "Gigabytes of Actions and Packages storage: on the legacy platform GitHub's estimate for "
        "the cycle, on usage our average so far, from the fourth day on: GitHub's reports lag by "
        "up to three days. From `shared_storage_estimated_gigabytes`.",
        Query(total(latest("shared_storage_estimated_gigabytes"))),
        looks.GIGABYTES,
        _NO_STORAGE,
        decimals=1,
    )


def minutes_by_system() -> Panel:
    runners = latest("actions_runner_used_minutes", "os", "runner")
    return looks.daily(
        "Which system uses a day's minutes?",
        "Actions minutes by day in UTC and by system of the runner, on usage free, public and "
        "self-hosted ones too. From what `actions_runner_used_minutes` grew by in the day.",
        [Query(total(day(runners), "os"), "{{os}}")],
        looks.MINUTES,
        "No whole day has been scraped yet",
        colours=looks.SYSTEMS,
    )


def dollars_by_system() -> Panel:
    """Tell the system by the SKU; what is of no system is storage and the like."""
    skus = latest("usage_gross_usd", "sku", only=f'{_OF_ACTIONS},sku=~"actions_.+"')
    system = f'label_replace({day(skus)}, "os", "other", "", "")'
    named = f'label_replace({system}, "os", "$1", "sku", "actions_(linux|windows|macos).*")'
    return looks.daily(
        "Which system costs a day's dollars?",
        "Gross dollars of Actions by day in UTC and by system: a minute of macOS costs ten times "
        "one of Linux. Other is storage. Gross, so that what a plan includes is compared as well. "
        "From what `usage_gross_usd` grew by in the day.",
        [Query(total(named, "os"), "{{os}}")],
        looks.USD,
        "No whole day has been scraped yet, or the legacy platform tells no dollars",
        colours=looks.SYSTEMS,
    )


def by_runner() -> Panel:
    runners = total(latest("actions_runner_used_minutes", "os", "runner"), "runner")
    return looks.bars(
        "Which runner uses the minutes?",
        "Actions minutes by runner, this cycle, on usage free, public and self-hosted ones too: "
        "the first ten, and the rest as one. From `actions_runner_used_minutes`.",
        Query(top(runners, "runner"), "{{runner}}"),
        looks.MINUTES,
        _NO_MINUTES,
        decimals=0,
    )


def by_sku() -> Panel:
    skus = total(latest("usage_net_usd", "product", "sku", only=_OF_ACTIONS), "sku")
    return looks.bars(
        "Which SKU costs it?",
        "Net dollars of the month so far by SKU of Actions: the first ten, and the rest as one. "
        "From `usage_net_usd`.",
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
        "What the plan includes less what was used, this cycle, on the legacy platform alone: on "
        "usage the used minutes hold what no quota covers. Below 0 minutes are paid for. From "
        "`actions_included_minutes` and `actions_used_minutes`.",
        [Query(f"sort({limit} - {used})", "{{account}}")],
        looks.MINUTES,
        "No account here is on the legacy platform: see whether a quota is spent",
        low=None,
    )


def bandwidth_over_time() -> Panel:
    return _against_included(
        "How much bandwidth do Packages use?",
        "Gigabytes that Packages sent in the cycle so far, what of them is paid for, and what "
        "plans include. From `packages_*_bandwidth_gigabytes`. On usage the used hold what is "
        f"free anyway: worry once some are paid for. {_INCLUDED}",
        {
            "Used": "packages_used_bandwidth_gigabytes",
            "Paid for": "packages_paid_bandwidth_gigabytes",
            "Included": "packages_included_bandwidth_gigabytes",
        },
        "Nothing of Packages was read",
    )


def storage_over_time() -> Panel:
    return _against_included(
        "How much storage is held?",
        "Gigabytes of Actions and Packages storage this cycle, what is paid for, and what plans "
        "include where it is known. From `shared_storage_*_gigabytes`. On usage the held are our "
        "average so far, from the fourth day on, and the paid grow through the month: net "
        f"GB-hours so far by the 744 hours of GitHub's price. {_INCLUDED}",
        {
            "Held": "shared_storage_estimated_gigabytes",
            "Paid for": "shared_storage_estimated_paid_gigabytes",
            "Included": "shared_storage_included_gigabytes",
        },
        _NO_STORAGE,
    )


def _against_included(title: str, about: str, metrics: dict[str, str], empty: str) -> Panel:
    first, second, third = metrics
    return looks.lines(
        title,
        about,
        [Query(total(latest(metric)), name) for name, metric in metrics.items()],
        looks.GIGABYTES,
        empty,
        colours={first: looks.PLAIN, second: "#B583D6", third: looks.GREY},
        dashed=[third],
    )
