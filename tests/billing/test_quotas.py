import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.accounts import AccountType, Quotas
from exporter.billing.quotas import merged, plan_quotas

ENTERPRISE_CLOUD = Quotas(50_000, 100, 50)
NONE = Quotas()

amounts = st.none() | st.floats(min_value=0, max_value=1e6)
quotas = st.builds(Quotas, amounts, amounts, amounts)


class TestPlanQuotas:
    @pytest.mark.parametrize(
        ("account_type", "plan", "included"),
        [
            (AccountType.USER, "free", Quotas(2_000, 1, 0.5)),
            (AccountType.USER, "pro", Quotas(3_000, 10, 1)),
            (AccountType.ORGANIZATION, "free", Quotas(2_000, 1, 0.5)),
            (AccountType.ORGANIZATION, "team", Quotas(3_000, 10, 2)),
            (AccountType.ORGANIZATION, " Team ", Quotas(3_000, 10, 2)),
        ],
    )
    def test_are_those_of_githubs_table(
        self, account_type: AccountType, plan: str, included: Quotas
    ) -> None:
        assert plan_quotas(account_type, plan) == included

    @pytest.mark.parametrize("plan", ["enterprise", None, "free", "whatever"])
    def test_of_an_enterprise_are_enterprise_clouds_whatever_the_word(
        self, plan: str | None
    ) -> None:
        assert plan_quotas(AccountType.ENTERPRISE, plan) == ENTERPRISE_CLOUD

    def test_of_an_enterprises_organization_are_not_its_own(self) -> None:
        assert plan_quotas(AccountType.ORGANIZATION, "enterprise") == NONE

    @pytest.mark.parametrize("account_type", [AccountType.ORGANIZATION, AccountType.USER])
    @pytest.mark.parametrize("plan", [None, "", "business", "business_plus", "platinum"])
    def test_of_an_unknown_plan_are_unknown(
        self, account_type: AccountType, plan: str | None
    ) -> None:
        assert plan_quotas(account_type, plan) == NONE

    def test_of_a_plan_for_the_other_kind_of_account_are_unknown(self) -> None:
        assert plan_quotas(AccountType.USER, "team") == NONE
        assert plan_quotas(AccountType.ORGANIZATION, "pro") == NONE


class TestMerged:
    def test_each_quota_of_the_user_rules_and_zero_is_one(self) -> None:
        own = Quotas(actions_minutes=0, shared_storage_gigabytes=7)
        assert merged(own, ENTERPRISE_CLOUD) == Quotas(0, 100, 7)

    @given(quotas)
    def test_nothing_set_leaves_the_plans(self, plan: Quotas) -> None:
        assert merged(NONE, plan) == plan

    @given(quotas)
    def test_nothing_known_leaves_the_users(self, own: Quotas) -> None:
        assert merged(own, NONE) == own
