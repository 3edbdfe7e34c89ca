"""Usage and its cost: by SKU, repository, organization, cost center and AI model."""

from exporter.metrics.catalogue.declare import bill, triple

_QUANTITY = ("product", "sku", "unit")
_MONEY = ("product", "sku")
USAGE_QUANTITY = triple(
    "usage_{}_quantity",
    *_QUANTITY,
    gross="Quantity used this month, in the unit given by its label. user_months are not seats.",
    discount="Quantity covered this month by quotas, free public use and other discounts, in the "
    "unit given by its label.",
    net="Quantity used this month after discounts, in the unit given by its label. Includes usage "
    "without a price, such as self-hosted runners.",
)
USAGE_USD = triple(
    "usage_{}_usd",
    *_MONEY,
    gross="Cost of metered usage this month before discounts, in US dollars.",
    discount="Quotas, free public use and other discounts this month, in US dollars.",
    net="Cost of metered usage this month after discounts, in US dollars. Not the invoice: "
    "excludes plan fees, volume licenses, tax, Marketplace purchases and credits.",
)
USAGE_PRICE_USD = bill(
    "usage_price_usd",
    "Price of one unit in US dollars; absent if the SKU had several prices this month.",
    *_QUANTITY,
)
PREVIOUS_CYCLE_USAGE_QUANTITY = triple(
    "previous_cycle_usage_{}_quantity",
    *_QUANTITY,
    gross="Quantity used last month, in the unit given by its label. user_months are not seats.",
    discount="Quantity covered last month by quotas, free public use and other discounts, in the "
    "unit given by its label.",
    net="Quantity used last month after discounts, in the unit given by its label. Includes usage "
    "without a price, such as self-hosted runners.",
)
PREVIOUS_CYCLE_USAGE_USD = triple(
    "previous_cycle_usage_{}_usd",
    *_MONEY,
    gross="Cost of last month's metered usage before discounts, in US dollars.",
    discount="Last month's quotas, free public use and other discounts, in US dollars.",
    net="Cost of last month's metered usage after discounts, in US dollars. Not the invoice: see "
    "usage_net_usd.",
)
PREVIOUS_CYCLE_USAGE_PRICE_USD = bill(
    "previous_cycle_usage_price_usd",
    "Price of one unit last month in US dollars; absent if the SKU had several prices.",
    *_QUANTITY,
)
PREVIOUS_CYCLE_DIFFERENCE_USD = bill(
    "previous_cycle_difference_usd",
    "Difference of last month's usage summary from another source, in US dollars: the absolute "
    "differences by SKU, summed; 0 if they agree. Absent before the fourth day of a month, and if "
    "the source was not read.",
    "check",
    summable=False,
)
_REPOSITORY = ("organization", "repository")
REPOSITORY_USAGE_GROSS_QUANTITY = bill(
    "repository_usage_gross_quantity",
    "Quantity used by a repository this month, in the unit given by its label. The repository is "
    "empty for other usage, such as seats.",
    *_REPOSITORY,
    *_QUANTITY,
)
REPOSITORY_USAGE_USD = triple(
    "repository_usage_{}_usd",
    *_REPOSITORY,
    *_MONEY,
    gross="Cost of a repository's usage this month before discounts, in US dollars.",
    discount="A repository's quotas, free public use and other discounts this month, in US "
    "dollars.",
    net="Cost of a repository's metered usage this month after discounts, in US dollars.",
)
REPOSITORY_TEAM_INFO = bill(
    "repository_team_info",
    "Repository with the team that its usage is allocated to, only for repositories with series "
    "of their own.",
    *_REPOSITORY,
    "team",
    summable=False,
)
PREVIOUS_CYCLE_REPOSITORY_USAGE_GROSS_USD = bill(
    "previous_cycle_repository_usage_gross_usd",
    "Cost of a repository's usage last month before discounts, in US dollars.",
    *_REPOSITORY,
    *_MONEY,
)
PREVIOUS_CYCLE_REPOSITORY_USAGE_NET_USD = bill(
    "previous_cycle_repository_usage_net_usd",
    "Cost of a repository's metered usage last month after discounts, in US dollars.",
    *_REPOSITORY,
    *_MONEY,
)
ORGANIZATION_USAGE_GROSS_QUANTITY = bill(
    "organization_usage_gross_quantity",
    "Quantity used by an enterprise's organization this month, in the unit given by its label. The "
    "organization is empty for other usage.",
    "organization",
    *_QUANTITY,
)
ORGANIZATION_USAGE_USD = triple(
    "organization_usage_{}_usd",
    "organization",
    *_MONEY,
    gross="Cost of an organization's usage this month before discounts, in US dollars.",
    discount="An organization's quotas, free public use and other discounts this month, in US "
    "dollars.",
    net="Cost of an organization's metered usage this month after discounts, in US dollars.",
)
PREVIOUS_CYCLE_ORGANIZATION_USAGE_GROSS_USD = bill(
    "previous_cycle_organization_usage_gross_usd",
    "Cost of an organization's usage last month before discounts, in US dollars.",
    "organization",
    *_MONEY,
)
PREVIOUS_CYCLE_ORGANIZATION_USAGE_NET_USD = bill(
    "previous_cycle_organization_usage_net_usd",
    "Cost of an organization's metered usage last month after discounts, in US dollars.",
    "organization",
    *_MONEY,
)
TEAM_USAGE_GROSS_QUANTITY = bill(
    "team_usage_gross_quantity",
    "Quantity used by a team this month, in the unit given by its label. The team (unallocated) is "
    "usage that no rule of allocation takes, such as seats.",
    "team",
    *_QUANTITY,
)
TEAM_USAGE_USD = triple(
    "team_usage_{}_usd",
    "team",
    *_MONEY,
    gross="Cost of a team's usage this month before discounts, in US dollars.",
    discount="A team's quotas, free public use and other discounts this month, in US dollars.",
    net="Cost of a team's metered usage this month after discounts, in US dollars.",
)
PREVIOUS_CYCLE_TEAM_USAGE_GROSS_USD = bill(
    "previous_cycle_team_usage_gross_usd",
    "Cost of a team's usage last month before discounts, in US dollars, by today's rules.",
    "team",
    *_MONEY,
)
PREVIOUS_CYCLE_TEAM_USAGE_NET_USD = bill(
    "previous_cycle_team_usage_net_usd",
    "Cost of a team's metered usage last month after discounts, in US dollars, by today's rules.",
    "team",
    *_MONEY,
)
_WORKFLOW = (*_REPOSITORY, "workflow")
WORKFLOW_USAGE_GROSS_QUANTITY = bill(
    "workflow_usage_gross_quantity",
    "Quantity used by a workflow this month, in the unit given by its label.",
    *_WORKFLOW,
    "sku",
    "unit",
)
WORKFLOW_USAGE_GROSS_USD = bill(
    "workflow_usage_gross_usd",
    "Cost of a workflow's usage this month before discounts, in US dollars.",
    *_WORKFLOW,
    "sku",
)
WORKFLOW_USAGE_NET_USD = bill(
    "workflow_usage_net_usd",
    "Cost of a workflow's metered usage this month after discounts, in US dollars.",
    *_WORKFLOW,
    "sku",
)
_ESTIMATED = "this month at a price from the settings, in US dollars. Not part of GitHub's bill."
OWN_ESTIMATED_USD = bill("own_estimated_usd", f"Estimated cost of usage {_ESTIMATED}", *_MONEY)
REPOSITORY_OWN_ESTIMATED_USD = bill(
    "repository_own_estimated_usd",
    f"Estimated cost of a repository's usage {_ESTIMATED}",
    *_REPOSITORY,
    *_MONEY,
)
TEAM_OWN_ESTIMATED_USD = bill(
    "team_own_estimated_usd", f"Estimated cost of a team's usage {_ESTIMATED}", "team", *_MONEY
)
WORKFLOW_OWN_ESTIMATED_USD = bill(
    "workflow_own_estimated_usd",
    f"Estimated cost of a workflow's usage {_ESTIMATED}",
    *_WORKFLOW,
    "sku",
)
COST_CENTER_USAGE_GROSS_QUANTITY = bill(
    "cost_center_usage_gross_quantity",
    "Quantity used by a cost center this month, in the unit given by its label. The cost center "
    "none is usage outside cost centers.",
    "cost_center",
    *_QUANTITY,
)
COST_CENTER_USAGE_USD = triple(
    "cost_center_usage_{}_usd",
    "cost_center",
    *_MONEY,
    gross="Cost of a cost center's usage this month before discounts, in US dollars.",
    discount="A cost center's discounts this month, in US dollars.",
    net="Cost of a cost center's metered usage this month after discounts, in US dollars.",
)
PREVIOUS_CYCLE_COST_CENTER_USAGE_GROSS_USD = bill(
    "previous_cycle_cost_center_usage_gross_usd",
    "Cost of a cost center's usage last month before discounts, in US dollars.",
    "cost_center",
    *_MONEY,
)
PREVIOUS_CYCLE_COST_CENTER_USAGE_NET_USD = bill(
    "previous_cycle_cost_center_usage_net_usd",
    "Cost of a cost center's metered usage last month after discounts, in US dollars.",
    "cost_center",
    *_MONEY,
)
COST_CENTER_INFO = bill(
    "cost_center_info",
    "Cost center with its name and state, active or deleted.",
    "cost_center",
    "name",
    "state",
)
COST_CENTER_AI_POOL_TARGET = bill(
    "cost_center_ai_pool_target_credits",
    "Target size of the cost center's AI credit pool for the current month, in credits.",
    "cost_center",
)
COST_CENTER_AI_POOL_USED = bill(
    "cost_center_ai_pool_used_credits",
    "AI credits used this month from the cost center's pool.",
    "cost_center",
)
COST_CENTER_AI_POOL_SPENT = bill(
    "cost_center_ai_pool_spent",
    "1 if the cost center's AI credit pool is used up this month, else 0.",
    "cost_center",
)
USAGE_LATEST_ITEM = bill(
    "usage_latest_item_timestamp_seconds",
    "Unix time of the newest item in the usage report: how far GitHub's reports reach.",
)
MODEL_USAGE_QUANTITY = triple(
    "model_usage_{}_quantity",
    *_MONEY,
    "model",
    "unit",
    gross="AI usage by model this month, in the unit given by its label. The model is empty if "
    "GitHub names none.",
    discount="AI usage by model this month covered by an included pool, in the unit given by its "
    "label.",
    net="AI usage by model this month not covered by an included pool, in the unit given by its "
    "label.",
)
MODEL_USAGE_USD = triple(
    "model_usage_{}_usd",
    *_MONEY,
    "model",
    gross="Cost of AI usage by model this month before discounts, in US dollars. Part of "
    "usage_gross_usd.",
    discount="AI usage by model this month covered by an included pool, in US dollars.",
    net="Cost of AI usage by model this month after discounts, in US dollars. Part of "
    "usage_net_usd.",
)
