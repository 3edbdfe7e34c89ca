"""Seats and AI: their usage and cost."""

from grafana_foundation_sdk.models import dashboard as model

from deploy.prometheus.thresholds import DEFAULTS
from exporter.collectors.copilot import AGES
from grafana import idle, looks, trust, whole
from grafana.frame import Row, Section
from grafana.frame import board as composed
from grafana.looks import Panel, Query
from grafana.queries import IDENTITY, TOP, any_of, latest, top, total
from grafana.tables import Column, rows

UID = "github-billing-seats"

_NO_SEATS = "No seats were read"
_NO_AI = "No AI usage by model was read"
_COPILOT, _MODELS = "copilot_seats", "model_usage"
_NO_COPILOT = "No Copilot seats were read"


def board() -> model.Dashboard:
    return composed(
        UID,
        "GitHub billing / Seats and AI",
        "Are the seats used? Advanced Security, licenses, plan, Copilot; and AI by model.",
        [
            Row(
                5,
                [
                    (4, fullest()),
                    (4, unused()),
                    (4, copilot("Copilot seats", "seats", "in total, each person once")),
                    (4, copilot("Copilot unused", "inactive_seats", "not used this cycle")),
                    (4, credits_used()),
                    (4, ai_spent()),
                ],
            ),
            trust.strip(),
            Section("Seats"),
            Row(8, [(14, seats()), (10, seats_over_time())]),
            Row(
                8,
                [
                    (7, copilot_over_time()),
                    (7, last_activity()),
                    (10, idle.in_dollars(_USED, _BOUGHT)),
                ],
            ),
            Section("AI"),
            Row(8, [(8, by_model_credits()), (8, by_model_requests()), (8, by_model_dollars())]),
            Section("Enterprises and Advanced Security", folded=True),
            Row(8, [(8, committers()), (8, synchronisation()), (8, pools())]),
        ],
    )


def _of_all(security: str, licences: str, plan: str) -> str:
    of_enterprise, of_plan = latest(f"licenses_{licences}_seats"), latest(f"plan_{plan}_seats")
    return " or ".join(
        [
            latest(f"advanced_security_{security}_seats", "product"),
            f'label_replace({of_enterprise}, "product", "enterprise", "", "")',
            f'label_replace({of_plan}, "product", "plan", "", "")',
        ]
    )


_USED = _of_all("used", "consumed", "filled")
_BOUGHT = _of_all("purchased", "purchased", "purchased")
_SOURCES = (
    "From `advanced_security_*_seats`, `licenses_*_seats` of an enterprise and `plan_*_seats` of "
    "an organization. If an enterprise pays for an organization, the organization's Advanced "
    "Security seats may count people who cost nothing extra."
)


def fullest() -> Panel:
    return looks.number(
        "Most used seats",
        f"Used share of purchased seats of the product closest to its limit, now. {_SOURCES} "
        "At 100 % the next person gets no seat, or another seat is purchased.",
        Query(f"max(({_USED}) / (({_BOUGHT}) > 0))"),
        looks.RATIO,
        "No seats were bought by number, or it may not be read",
        steps=looks.worse_above(1),
        decimals=0,
    )


def unused() -> Panel:
    return looks.number(
        "Largest share unused",
        f"Unused share of purchased seats of the product with the largest share, now. {_SOURCES} "
        f"Worth a review from {DEFAULTS.seats_unused_ratio:.0%}.",
        Query(f"max(1 - ({_USED}) / (({_BOUGHT}) > 0))"),
        looks.RATIO,
        "No seats were bought by number, or it may not be read",
        steps=looks.worse_above(DEFAULTS.seats_unused_ratio),
        decimals=0,
    )


def copilot(title: str, metric: str, meaning: str) -> Panel:
    return whole.number(
        title,
        f"Copilot seats {meaning}, now. From `copilot_{metric}`.",
        whole.summed(latest(f"copilot_{metric}"), _COPILOT),
        looks.COUNT,
        _NO_COPILOT + (", or only of an enterprise" if "inactive" in metric else ""),
        decimals=0,
    )


def credits_used() -> Panel:
    used = latest("model_usage_gross_quantity", "product", "sku", "model", only='unit="ai_credits"')
    return whole.number(
        "AI credits used",
        "AI credits, month to date, both included and billed. From `model_usage_gross_quantity`.",
        whole.covered(total(used), _MODELS),
        looks.COUNT,
        "No AI credits were read: some accounts still use premium requests, or no AI",
        decimals=1,
    )


def ai_spent() -> Panel:
    spent = total(latest("model_usage_net_usd", "product", "sku", "model"))
    return whole.number(
        "Spent on AI usage",
        "Net dollars of AI credits and premium requests, month to date, beyond the usage included "
        "in seats. The seats themselves are a cost of Copilot. From `model_usage_net_usd`.",
        whole.covered(spent, _MODELS),
        looks.USD,
        _NO_AI,
    )


def seats() -> Panel:
    return rows(
        "Are the seats used?",
        f"Used and purchased seats, now: Advanced Security products, enterprise licenses and the "
        f"plan of an organization. {_SOURCES} One person may use several products, so the rows "
        f"must not be added. Worry at 100 %, or if more than {DEFAULTS.seats_unused_ratio:.0%} "
        "are unused.",
        [
            Query(_USED),
            Query(_BOUGHT),
            Query(f"({_BOUGHT}) - ({_USED})"),
            Query(f"({_USED}) / (({_BOUGHT}) > 0)"),
        ],
        [
            Column("account", "Account", width=100),
            Column("product", "Product"),
            Column("A", "Used", looks.COUNT, width=90),
            Column("B", "Purchased", looks.COUNT, width=90),
            Column("C", "Unused", looks.COUNT, width=90),
            Column("D", "Share used", looks.RATIO, looks.worse_above(1), bar=True, width=185),
        ],
        _NO_SEATS,
        sort="Share used",
    )


def seats_over_time() -> Panel:
    names = "{{account}} {{product}}"
    return looks.lines(
        "Used seats over time",
        f"Used seats by account and product, over time. {_SOURCES} Worry if a line approaches the "
        "number purchased.",
        [Query(_USED, names)],
        looks.COUNT,
        _NO_SEATS,
    )


def copilot_over_time() -> Panel:
    parts = {
        "All": ("copilot_seats", looks.GREY),
        "Used this cycle": ("copilot_active_seats", looks.PLAIN),
        "Not used this cycle": ("copilot_inactive_seats", "#E3A869"),
        "Pending invitation": ("copilot_pending_invitation_seats", "#59B3C3"),
        "Pending cancellation": ("copilot_pending_cancellation_seats", "#B583D6"),
    }
    read = latest("copilot_seats")
    return looks.lines(
        "Are Copilot seats used?",
        "Copilot seats: all, used and not used this cycle, pending invitation and pending "
        "cancellation; for an enterprise, only all. Used and not used may not add up to all. "
        "Lines are interrupted while an account could not be read. From `copilot_*_seats`.",
        [
            Query(whole.only_whole(total(latest(metric)), read, _COPILOT), name)
            for name, (metric, _) in parts.items()
        ],
        looks.COUNT,
        _NO_COPILOT,
        colours={name: colour for name, (_, colour) in parts.items()},
        dashed=["All"],
    )


def last_activity() -> Panel:
    # A query for each, as Grafana keeps their order.
    seats = "copilot_seat_last_activity_seats"
    first, *others = (
        Query(total(latest(seats, "age", only=f'age="{age}"'), "age"), "{{age}}") for age in AGES
    )
    panel = looks.bars(
        "When were Copilot seats last used?",
        "Copilot seats by days since last use, now; the bars add up to all seats. From "
        "`copilot_seat_last_activity_seats`. Seats unused for over 90 days, or never used, are "
        "wasted.",
        first,
        looks.COUNT,
        "No use of seats: it needs the collector copilot_seat_activity, which is off by default",
        decimals=0,
    )
    for letter, query in zip("BCDE", others, strict=True):
        panel.with_target(looks.instant(query, letter))
    return panel


def committers() -> Panel:
    by_repository = latest(
        "advanced_security_repository_committers", "product", "organization", "repository"
    )
    return looks.bars(
        "Advanced Security committers by repository",
        f"The {TOP} repositories with the most active committers of one product, now. One person "
        "may commit to several, so the bars must not be added. From "
        "`advanced_security_repository_committers`.",
        Query(
            f"topk({TOP}, max by (organization, repository) ({by_repository}))",
            "{{organization}}/{{repository}}",
        ),
        looks.COUNT,
        "Enable the collector advanced_security_repositories: it is off by default",
        decimals=0,
    )


def synchronisation() -> Panel:
    return rows(
        "License sync of Enterprise Servers",
        "Each Enterprise Server that synchronizes its licenses: the result of the last sync, and "
        "how many days ago it was. From `license_sync_success` and "
        f"`license_sync_timestamp_seconds`. Worry from {DEFAULTS.license_sync_age_days:g} days.",
        [
            Query(latest("license_sync_success", "server")),
            Query(f"(time() - {latest('license_sync_timestamp_seconds', 'server')}) / 86400"),
        ],
        [
            Column("account", "Account", width=90),
            Column("server", "Server"),
            Column(
                "A",
                "Last sync",
                steps=looks.better_above(1),
                texts={"0": "failed", "1": "succeeded"},
                width=82,
            ),
            Column(
                "B",
                "Age",
                looks.DAYS,
                looks.worse_above(DEFAULTS.license_sync_age_days),
                width=70,
            ),
        ],
        "No license sync of an Enterprise Server was read",
    )


def _by_model(metric: str, only: str = "") -> str:
    used = latest(f"model_usage_{metric}", "product", "sku", "model", only=only)
    return top(total(used, "model"), "model")


def by_model_credits() -> Panel:
    return looks.bars(
        "Which model uses AI credits?",
        "AI credits by model, month to date, both included and billed: the top ten, and the rest "
        "as `other`. From `model_usage_gross_quantity`.",
        Query(_by_model("gross_quantity", 'unit="ai_credits"'), "{{model}}"),
        looks.COUNT,
        "No AI credits were read: some accounts still use premium requests, or no AI",
        decimals=1,
    )


def by_model_requests() -> Panel:
    return looks.bars(
        "Which model uses premium requests?",
        "Premium requests by model, month to date, both included and billed, of accounts that "
        "still have them: the top ten, and the rest as `other`. From `model_usage_gross_quantity`.",
        Query(_by_model("gross_quantity", 'unit="requests"'), "{{model}}"),
        looks.COUNT,
        "No premium requests were read: some accounts have AI credits instead, or use no AI",
        decimals=1,
    )


def by_model_dollars() -> Panel:
    return looks.bars(
        "What does each model cost?",
        "Net dollars by model, month to date, beyond the usage included in seats. From "
        "`model_usage_net_usd`.",
        Query(_by_model("net_usd"), "{{model}}"),
        looks.USD,
        _NO_AI,
        decimals=2,
    )


def pools() -> Panel:
    of = f"{IDENTITY}, cost_center"
    named = any_of(latest("cost_center_info", "cost_center", "name"), of)

    def pool(metric: str) -> str:
        return latest(f"cost_center_ai_pool_{metric}_credits", "cost_center")

    used, target = pool("used"), pool("target")
    parts = (used, target, f"{used} / ({target} > 0)")
    return rows(
        "AI credit pools of cost centers",
        "AI credits used from each cost center's own pool, and the size of the pool, this month. "
        "From `cost_center_ai_pool_*_credits`.",
        [Query(f"{part} * on ({of}) group_left (name) {named}") for part in parts],
        [
            Column("name", "Cost center"),
            Column("A", "Used", looks.COUNT, width=70),
            Column("B", "Pool", looks.COUNT, width=70),
            Column("C", "Share used", looks.RATIO, looks.worse_above(1), bar=True, width=104),
        ],
        "No cost center with its own pool of AI credits was read",
        sort="Share used",
    )
