import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.billing import skus
from tests.support.spellings import EVERY_SKU, OTHER_MINUTES, STANDARD_MINUTES, UNITS, Sku

CORES = (2, 4, 8, 16, 32)
FORMER_KEYS = [
    "actions_self_hosted_linux",
    "actions_self_hosted_macos",
    "actions_self_hosted_windows",
    "actions_self_hosted_unknown",
    "actions_unknown",
    "actions_macos_8_core",
    "actions_macos_12_core",
    "actions_linux_4_core_advanced",
    "actions_linux_16_core_perf",
    "actions_linux_20_core_mem",
    "actions_linux_8_core_stor",
    "actions_linux_32_core_stor",
    "actions_linux_a10_36_core_gpu",
    "actions_linux_a100_24_core_gpu",
    "actions_windows_8_core_mem",
    "actions_windows_8_core_stor",
    "actions_windows_32_core_stor",
    "actions_windows_176_core_perf",
    "actions_windows_a10_36_core_gpu",
    "actions_windows_a100_24_core_gpu",
    "actions_beta_classroom_repository",
    "actions_beta_custom_runner_azure",
    "actions_beta_macos_xl_runner",
    "actions_beta_public_repository",
    "actions_beta_self_hosted_runner",
]
"""Published until 2026 (docs: product and SKU names)."""


class TestNormalForm:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("Actions Linux 4-core", "actions_linux_4_core"),
            ("GigabyteHours", "gigabyte_hours"),
            ("gigabyte-hours", "gigabyte_hours"),
            ("AICredits", "ai_credits"),
            ("sharedStorage", "shared_storage"),
            ("Git LFS", "git_lfs"),
            ("GitHub Models", "github_models"),
            ("macOS", "macos"),
            ("MacOS", "macos"),
            ("PRUs", "prus"),
            ("a _-_ b", "a_b"),
            ("  -- Some (new)\u00a0SKU! ", "some_new_sku"),
            ("Größe 2", "größe_2"),
            ("\ud800\x00", ""),
            ("", ""),
        ],
    )
    def test_is_lower_snake_case(self, text: str, name: str) -> None:
        assert skus.normal_form(text) == name

    @given(st.text(alphabet=st.characters(codec=None)))
    @example("İA")
    @example("ΑΣ")
    def test_of_a_normal_form_is_itself(self, text: str) -> None:
        name = skus.normal_form(text)
        assert skus.normal_form(name) == name

    @given(st.text(alphabet=st.characters(codec=None)))
    def test_has_only_small_letters_digits_and_single_bars_between(self, text: str) -> None:
        name = skus.normal_form(text)
        assert name == name.lower()
        assert name == "" or all(word.isalnum() for word in name.split("_"))


class TestNames:
    @pytest.mark.parametrize("sku", EVERY_SKU, ids=lambda sku: sku.sku)
    def test_of_all_spellings_of_a_published_sku_are_one(self, sku: Sku) -> None:
        for names in (sku.canonical, *sku.spellings):
            assert skus.product_name(names.product) == sku.product
            assert skus.sku_name(names.sku) == sku.sku
            assert skus.unit_name(names.unit) == sku.unit

    @pytest.mark.parametrize(
        ("seen", "sku"),
        [
            ("Actions macOS 3-core", "actions_macos"),
            ("Actions macOS 4-core", "actions_macos"),
            ("actions_macos_l", "actions_macos_l"),
            ("Actions macOS 12-core", "actions_macos_l"),
            ("Actions macOS XL", "actions_macos_xl"),
            ("Actions macOS 5-core", "actions_macos_xl"),
            ("Actions macOS 6-core", "actions_macos_xl"),
            ("Actions Windows 2-core", "actions_windows_2_core"),
            ("Actions Linux ARM", "actions_linux_arm"),
            ("Actions Linux arm64", "actions_linux_arm"),
            ("Actions storage", "actions_storage"),
            ("Actions Storage", "actions_storage"),
            ("Packages data transfer", "packages_bandwidth"),
            ("Copilot for Business", "copilot_for_business"),
            ("Copilot Business", "copilot_for_business"),
            ("Copilot Premium Request", "copilot_premium_request"),
            ("Copilot AI Credits", "copilot_ai_credits"),
            ("AI Credit", "copilot_ai_credits"),
            ("copilot_ai_unit", "copilot_ai_credits"),
            ("copilot_ai_credit", "copilot_ai_credits"),
            ("coding_agent_ai_unit", "coding_agent_ai_credit"),
            ("coding_agent_ai_units", "coding_agent_ai_credit"),
            ("coding_agent_ai_credits", "coding_agent_ai_credit"),
            ("spark_ai_unit", "spark_ai_credits"),
            ("spark_ai_credit", "spark_ai_credits"),
            ("coding_agent_premium_request", "copilot_agent_premium_request"),
            *((f"Codespaces compute {n}-core", f"codespaces_compute_d{n}") for n in CORES),
            *((f"Codespaces compute ({n}-core)", f"codespaces_compute_d{n}") for n in CORES),
            ("Actions Linux runners", "actions_linux"),
            ("Actions Windows runners", "actions_windows"),
            ("Actions macOS runners", "actions_macos"),
            ("Actions macOS large", "actions_macos_l"),
            ("GitHub Enterprise Cloud licenses", "ghec_licenses"),
            ("linux_4_core", "actions_linux_4_core"),
            ("windows_arm", "actions_windows_arm"),
            ("Actions Quantum 8-core", "actions_quantum_8_core"),
            ("JetBrains seats", "jetbrains_seats"),
        ],
    )
    def test_of_skus_are_those_of_the_price_tables(self, seen: str, sku: str) -> None:
        assert skus.sku_name(seen) == sku

    @pytest.mark.parametrize(
        ("seen", "unit"),
        [
            *((spelling, unit) for unit, spellings in UNITS.items() for spelling in spellings),
            ("ai-credits", "ai_credits"),
            ("TokenUnits", "token_units"),
        ],
    )
    def test_of_units_ignore_the_spelling(self, seen: str, unit: str) -> None:
        assert skus.unit_name(seen) == unit

    @pytest.mark.parametrize(
        ("seen", "product"),
        [
            ("Copilot AI Credits", "copilot"),
            ("sharedStorage", "shared_storage"),
            ("Git Lfs", "git_lfs"),
            ("ACTIONS", "actions"),
        ],
    )
    def test_of_products_ignore_the_spelling(self, seen: str, product: str) -> None:
        assert skus.product_name(seen) == product

    @given(st.text(alphabet=st.characters(codec=None)))
    def test_of_names_are_themselves(self, text: str) -> None:
        for name in (skus.product_name, skus.sku_name, skus.unit_name):
            assert name(name(text)) == name(text)


class TestIsKnown:
    @pytest.mark.parametrize("sku", EVERY_SKU, ids=lambda sku: sku.sku)
    def test_what_github_publishes_is_known_in_every_spelling(self, sku: Sku) -> None:
        for names in (sku.canonical, *sku.spellings):
            assert skus.is_known(names.product, names.sku)

    @pytest.mark.parametrize("key", FORMER_KEYS)
    def test_what_github_once_published_is_known(self, key: str) -> None:
        assert skus.is_known("Actions", key)

    @pytest.mark.parametrize(
        ("product", "sku"),
        [
            ("actions", "actions_linux_128_core"),
            ("packages", "actions_linux"),
            ("teleport", "actions_linux"),
            ("", ""),
        ],
    )
    def test_what_github_does_not_publish_is_not(self, product: str, sku: str) -> None:
        assert not skus.is_known(product, sku)


class TestRunners:
    @pytest.mark.parametrize("sku", STANDARD_MINUTES + OTHER_MINUTES, ids=lambda sku: sku.sku)
    def test_are_their_sku_without_the_product(self, sku: Sku) -> None:
        for names in sku.spellings:
            assert f"actions_{skus.runner_of_sku(names.sku)}" == sku.sku

    def test_that_the_quota_applies_to_are_the_standard_ones(self) -> None:
        assert {skus.runner_of_sku(sku.sku) for sku in STANDARD_MINUTES} == skus.STANDARD_RUNNERS

    @pytest.mark.parametrize(
        ("key", "runner"),
        [
            ("UBUNTU", "linux"),
            ("WINDOWS", "windows"),
            ("MACOS", "macos"),
            ("ubuntu_4_core", "linux_4_core"),
            ("ubuntu_64_core", "linux_64_core"),
            ("windows_32_core", "windows_32_core"),
            ("macos_12_core", "macos_l"),
            ("ubuntu_16_core_arm", "linux_16_core_arm"),
            ("Ubuntu 4-core", "linux_4_core"),
            ("ubuntuish", "ubuntuish"),
            ("Solaris 9", "solaris_9"),
            ("grand_total", "grand_total"),
            ("", ""),
        ],
    )
    def test_of_legacy_keys_are_those_of_the_skus(self, key: str, runner: str) -> None:
        assert skus.runner_of_legacy_key(key) == runner

    @pytest.mark.parametrize("key", ["total", "TOTAL", "Total"])
    def test_the_legacy_total_is_none(self, key: str) -> None:
        assert skus.runner_of_legacy_key(key) is None


class TestOperatingSystem:
    @pytest.mark.parametrize(
        ("runner", "system"),
        [
            ("linux", "linux"),
            ("actions_linux_4_core_gpu", "linux"),
            ("Actions Linux ARM", "linux"),
            ("ubuntu", "linux"),
            ("windows_arm", "windows"),
            ("actions_windows", "windows"),
            ("macos_l", "macos"),
            ("Actions macOS 3-core", "macos"),
            ("self_hosted", "other"),
            ("actions_self_hosted_linux", "linux"),
            ("Actions self-hosted macOS", "macos"),
            ("self_hosted_windows", "windows"),
            ("actions_self_hosted_unknown", "other"),
            ("actions_unknown", "other"),
            ("actions_beta_macos_xl_runner", "other"),
            ("actions_linux_a100_24_core_gpu", "linux"),
            ("actions_storage", "other"),
            ("linuxish", "other"),
            ("sandbox_linux", "other"),
            ("", "other"),
        ],
    )
    def test_is_the_first_word_of_the_runner_or_of_what_hosts_itself(
        self, runner: str, system: str
    ) -> None:
        assert skus.operating_system(runner) == system
