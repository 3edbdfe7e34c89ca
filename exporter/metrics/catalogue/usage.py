"""Quantities and US dollars by SKU, and what divides them further."""

from functools import partial

from exporter.metrics.catalogue.declare import MONTH, POLLED, bill, triple

_NO_INVOICE = (
    "It is no invoice, which also has plan fees, licences bought by volume, tax, Marketplace "
    "purchases and credits."
)
_QUANTITY = ("product", "sku", "unit")
_MONEY = ("product", "sku")
USAGE_QUANTITY = triple(
    "usage_{}_quantity",
    *_QUANTITY,
    gross="Quantity used, in the unit that its label names; user_months is no number of seats.",
    discount="Quantity covered by quotas, free public use and other discounts, in the unit of its "
    "label.",
    net="GitHub's net quantity: gross less discounts, in the unit of its label. It is paid for "
    "only at a price: of self-hosted runners, which cost nothing, all minutes are net.",
)
USAGE_USD = triple(
    "usage_{}_usd",
    *_MONEY,
    gross="US dollars before discounts.",
    discount="US dollars of quotas, free public use and other discounts.",
    net=f"US dollars of metered usage, after discounts. {_NO_INVOICE}",
)
USAGE_PRICE_USD = bill(
    "usage_price_usd",
    "US dollars for one unit; absent where a SKU had two prices in the month.",
    *_QUANTITY,
)
_PREVIOUS = (
    "GitHub's usage summary of last month, which may still change in this one's first days. "
    f"{POLLED}"
)
PREVIOUS_CYCLE_USAGE_USD = triple(
    "previous_cycle_usage_{}_usd",
    *_MONEY,
    gross="US dollars of last month before discounts.",
    discount="US dollars of quotas, free public use and other discounts of last month.",
    net=f"US dollars of last month's metered usage, after discounts. {_NO_INVOICE}",
    source=_PREVIOUS,
)
_REPORT = (
    "GitHub's usage report, itemised. What it exceeds the usage summary by, or its discounts "
    "differ in, is of organization none, so that all sum to the account but for what GitHub has "
    f"not reported yet. {MONTH} {POLLED}"
)
_STORAGE = "GitHub's discounts on storage are unverified here."
_REPOSITORY = ("organization", "repository")
REPOSITORY_USAGE_GROSS_QUANTITY = bill(
    "repository_usage_gross_quantity",
    "Quantity that a repository used, in the unit that its label names; the empty repository is "
    "what belongs to none, as seats do.",
    *_REPOSITORY,
    *_QUANTITY,
    source=_REPORT,
)
REPOSITORY_USAGE_USD = triple(
    "repository_usage_{}_usd",
    *_REPOSITORY,
    *_MONEY,
    gross="US dollars of a repository before discounts.",
    discount="US dollars of a repository's quotas, free public use and other discounts. "
    f"{_STORAGE}",
    net=f"US dollars of a repository's metered usage, after discounts. {_STORAGE}",
    source=_REPORT,
)
ORGANIZATION_USAGE_GROSS_QUANTITY = bill(
    "organization_usage_gross_quantity",
    "Quantity that an enterprise's organization used, in the unit that its label names; the "
    "empty organization is what belongs to none.",
    "organization",
    *_QUANTITY,
    source=_REPORT,
)
ORGANIZATION_USAGE_USD = triple(
    "organization_usage_{}_usd",
    "organization",
    *_MONEY,
    gross="US dollars of an enterprise's organization before discounts.",
    discount="US dollars of an organization's quotas, free public use and other discounts. "
    f"{_STORAGE}",
    net=f"US dollars of an organization's metered usage, after discounts. {_STORAGE}",
    source=_REPORT,
)
_REST = "none for the rest, negative if GitHub counted on between two answers"
_COST_CENTER = f"GitHub's usage summary by cost center. {MONTH} {POLLED}"
COST_CENTER_USAGE_GROSS_QUANTITY = bill(
    "cost_center_usage_gross_quantity",
    "Quantity used by a cost center, in the unit that its label names; none for the rest, so that "
    "all sum to the account.",
    "cost_center",
    *_QUANTITY,
    source=_COST_CENTER,
)
COST_CENTER_USAGE_USD = triple(
    "cost_center_usage_{}_usd",
    "cost_center",
    *_MONEY,
    gross=f"US dollars of a cost center before discounts; {_REST}.",
    discount=f"US dollars of a cost center's discounts; {_REST}.",
    net=f"US dollars of a cost center's metered usage, after discounts; {_REST}.",
    source=_COST_CENTER,
)
_cost_centers = partial(bill, source=f"GitHub's cost centers. {POLLED}")
COST_CENTER_INFO = _cost_centers(
    "cost_center_info",
    "A cost center: its name and its state, active or deleted. Always 1.",
    "cost_center",
    "name",
    "state",
)
COST_CENTER_AI_POOL_TARGET = _cost_centers(
    "cost_center_ai_pool_target_credits",
    "AI credits of this month that the cost center's pool is to hold.",
    "cost_center",
)
COST_CENTER_AI_POOL_USED = _cost_centers(
    "cost_center_ai_pool_used_credits",
    "AI credits of this month used from the cost center's pool.",
    "cost_center",
)
COST_CENTER_AI_POOL_SPENT = _cost_centers(
    "cost_center_ai_pool_spent",
    "1 if all AI credits of this month of the cost center's pool are used, else 0.",
    "cost_center",
)
USAGE_LATEST_ITEM = bill(
    "usage_latest_item_timestamp_seconds",
    "When the newest item of the usage report was used: how far GitHub's reports reach.",
    source=POLLED,
)
_MODELS = (
    f"GitHub's AI credits, or premium requests where an account still has those. {MONTH} {POLLED}"
)
MODEL_USAGE_QUANTITY = triple(
    "model_usage_{}_quantity",
    *_MONEY,
    "model",
    "unit",
    gross="AI usage by model, in the unit that its label names; the empty model is what GitHub "
    "names none for.",
    discount="AI usage by model that an included pool covers, in the unit of its label.",
    net="AI usage by model that no included pool covers, in the unit of its label.",
    source=_MODELS,
)
MODEL_USAGE_USD = triple(
    "model_usage_{}_usd",
    *_MONEY,
    "model",
    gross="US dollars of AI usage by model before discounts; usage_gross_usd holds them too.",
    discount="US dollars of AI usage by model that an included pool covers.",
    net="US dollars of AI usage by model after discounts; usage_net_usd holds them too.",
    source=_MODELS,
)
