"""The difference between a bill and its parts, of either sign."""

import pytest

from exporter.billing.sums import Sums, added, rest

NOTHING = Sums(0, 0, 0, 0)


class TestParts:
    def test_are_added_up_key_by_key(self) -> None:
        parts = [{"a": Sums(1, 2, 3, 4), "b": Sums(5, 5, 5, 5)}, {"a": Sums(10, 20, 30, -40)}]
        assert added(parts) == {"a": Sums(11, 22, 33, -36), "b": Sums(5, 5, 5, 5)}

    def test_of_nothing_are_nothing(self) -> None:
        assert added([]) == {}


class TestTheRest:
    @pytest.mark.parametrize(
        "left",
        [
            Sums(0, 31, 0, 31),
            Sums(0, -31, 0, -31),
            Sums(5_040, 0, 0, 0),
            Sums(0, 0, 55, -55),
            Sums(-2, 0, 0, 0),
        ],
    )
    def test_is_what_the_parts_leave_in_any_column_and_direction(self, left: Sums) -> None:
        parts = [{"linux": Sums(1, 2, 3, 4)}, {"linux": Sums(10, 20, 30, 40)}]
        whole = added([*parts, {"linux": left}])
        assert rest(whole, parts) == {"linux": left}
        assert added([*parts, rest(whole, parts)]) == whole

    def test_of_what_only_a_part_has_is_negative(self) -> None:
        assert rest({}, [{"linux": Sums(1, 2, 0, 2)}]) == {"linux": Sums(-1, -2, 0, -2)}

    def test_of_what_only_the_whole_has_is_all_of_it(self) -> None:
        assert rest({"linux": Sums(1, 2, 0, 2)}, []) == {"linux": Sums(1, 2, 0, 2)}

    @pytest.mark.parametrize("whole", [1.0, 1e9])
    def test_is_not_made_of_rounding(self, whole: float) -> None:
        thirds = [{"linux": Sums(whole / 3, whole / 3, 0, whole / 3)}] * 3
        rounded = whole * (1 + 1e-9)
        assert rest({"linux": Sums(rounded, rounded, 0, rounded)}, thirds) == {}

    def test_of_nothing_is_nothing(self) -> None:
        assert rest({"linux": NOTHING}, []) == {}
