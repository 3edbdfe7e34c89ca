"""GitHub's CSV files in every version, and files that are none."""

import gzip
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.ledger.csv_files import Files
from exporter.ledger.csv_rows import WrongFile
from exporter.ledger.row import Dimension, Row

CANARY = "canary-octocat"
BOM = "\ufeff"

DETAILED = (
    "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,"
    "net_amount,username,organization,repository,workflow_path,cost_center_name"
)
_AI_CREDIT = (
    "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
    "discount_amount,net_amount,total_monthly_quota,organization,repository,cost_center_name,"
    "aic_quantity,aic_gross_amount"
)
_PREMIUM = (
    "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
    "discount_amount,net_amount,exceeds_quota,total_monthly_quota,organization,cost_center_name"
)
OLD = (
    "Date,Product,SKU,Quantity,Unit Type,Price Per Unit ($),Multiplier,Owner,Repository Slug,"
    "Username,Actions Workflow,Notes"
)
LINUX = (
    f'"2026-02-01","actions","actions_linux","3","minutes","0.006","0.018000000000000002",'
    f'"0.018000000000000002","0","{CANARY}","acme","web",".github/workflows/test.yml","Platform"'
)
IMAGES = (
    '"2026-02-01","actions","actions_custom_image_storage","49152","gigabyte-hours","9.4086E-05",'
    '"4.6245150719999994","4.6245150719999994","0","","acme","","",""'
)
CREDITS = (
    f'"2026-06-11","{CANARY}","copilot","copilot_ai_credit","Code Review model","2.5","ai-credits",'
    '"0.01","0.025","0.02","0.005","1900","acme","","Platform","7","8"'
)
PREMIUM = (
    f'"2026-02-03","{CANARY}","copilot","copilot_premium_request","GPT-5","2","requests","0.04",'
    '"0.08","0.08","0","False","300","acme",""'
)


def detailed(*lines: str, end: str = "\r\n") -> bytes:
    return (BOM + end.join([_quoted(DETAILED), *lines, ""])).encode()


def _quoted(header: str) -> str:
    return ",".join(f'"{name}"' for name in header.split(","))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "usageReport.csv"


def read(*paths: Path, by: frozenset[Dimension] = frozenset(), **names: str) -> list[Row]:
    return list(Files(paths, by=by, **names).rows())  # type: ignore[arg-type]


def only(path: Path, text: str | bytes) -> Row:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (row,) = read(path, account_type="organization", account="acme")
    return row


class TestADetailedReport:
    def test_has_every_name_but_that_of_a_person(self, file: Path) -> None:
        assert only(file, detailed(LINUX)) == Row(
            account_type="organization",
            account="acme",
            date="2026-02-01",
            organization="acme",
            repository="web",
            cost_center="Platform",
            product="actions",
            sku="actions_linux",
            workflow=".github/workflows/test.yml",
            unit="minutes",
            price=Decimal("0.006"),
            quantity=Decimal(3),
            gross=Decimal("0.018000000000000002"),
            discount=Decimal("0.018000000000000002"),
            net=Decimal(0),
        )

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_may_end_its_lines_either_way(self, file: Path, end: str) -> None:
        file.write_bytes(detailed(LINUX, IMAGES, end=end))
        assert [row.price for row in read(file)] == [Decimal("0.006"), Decimal("0.000094086")]

    def test_may_have_other_columns_in_any_order(self, file: Path) -> None:
        names, cells = DETAILED.split(","), LINUX.split(",")
        header = ",".join(["future", *reversed(names)])
        line = ",".join(["1", *reversed(cells)])
        assert only(file, f"{header}\n{line}\n") == only(file, detailed(LINUX))

    def test_may_be_compressed(self, tmp_path: Path, file: Path) -> None:
        packed = tmp_path / "report.csv.gz"
        packed.write_bytes(gzip.compress(detailed(LINUX)))
        assert (
            only(file, detailed(LINUX))
            == read(packed, account_type="organization", account="acme")[0]
        )

    def test_of_summarized_type_has_no_workflow(self, file: Path) -> None:
        drop = {DETAILED.split(",").index(name) for name in ("username", "workflow_path")}

        def kept(line: str) -> str:
            return ",".join(c for place, c in enumerate(line.split(",")) if place not in drop)

        row = only(file, f"{kept(DETAILED)}\n{kept(LINUX)}\n")
        assert (row.workflow, row.repository, row.net) == ("", "web", Decimal(0))

    def test_of_the_transition_has_other_names(self, file: Path) -> None:
        header = DETAILED.replace("date", "usage_at", 1).replace("workflow_path", "workflow_name")
        row = only(file, f"{header}\n{LINUX.replace('2026-02-01', '2025-02-01T07:00:00Z')}\n")
        assert (row.date, row.workflow) == ("2025-02-01", ".github/workflows/test.yml")

    def test_names_usage_outside_cost_centers(self, file: Path) -> None:
        assert only(file, detailed(IMAGES)).cost_center == "none"


class TestAIReports:
    @pytest.mark.parametrize("more", ["", ",input,output,cache_read,cache_write"])
    def test_have_models_and_ignore_what_repeats_in_ai_credits(self, file: Path, more: str) -> None:
        line = CREDITS + ',"1","2","3","4"' * bool(more)
        row = only(file, f"{_AI_CREDIT}{more}\n{line}\n")
        assert (row.model, row.sku, row.unit) == (
            "Code Review model",
            "copilot_ai_credits",
            "ai_credits",
        )
        assert (row.quantity, row.gross, row.net) == (
            Decimal("2.5"),
            Decimal("0.025"),
            Decimal("0.005"),
        )

    def test_of_premium_requests_have_models(self, file: Path) -> None:
        row = only(file, f"{_PREMIUM}\n{PREMIUM}\n")
        assert (row.model, row.unit, row.quantity, row.gross) == (
            "GPT-5",
            "requests",
            Decimal(2),
            Decimal("0.08"),
        )

    def test_of_the_old_premium_requests_have_no_dollars(self, file: Path) -> None:
        header = "Timestamp,User,Model,Requests Used,Exceeds Monthly Quota,Total Monthly Quota"
        row = only(file, f"{header}\n2025-07-01T09:00:00Z,{CANARY},GPT-4.1,1.5,False,300\n")
        assert (row.date, row.sku, row.quantity) == (
            "2025-07-01",
            "copilot_premium_request",
            Decimal("1.5"),
        )
        assert (row.price, row.gross, row.net) == (None, None, None)


class TestTheOldPlatform:
    @pytest.mark.parametrize(
        ("line", "sku", "dollars"),
        [
            ("Compute - UBUNTU,2,minute,0.008,1.0", "actions_linux", "0.016"),
            ("Compute - WINDOWS,2,minute,0.016,2.0", "actions_windows", "0.032"),
            ("Compute - MACOS_12_CORE,1,minute,0.12,1.0", "actions_macos_l", "0.12"),
        ],
    )
    def test_counts_quantity_times_price_without_the_multiplier(
        self, file: Path, line: str, sku: str, dollars: str
    ) -> None:
        row = only(
            file, f"{OLD}\n2022-05-20,Actions,{line},acme,web,{CANARY},.github/workflows/t.yml,\n"
        )
        assert (row.product, row.sku, row.unit) == ("actions", sku, "minutes")
        assert (row.gross, row.discount, row.net) == (
            Decimal(dollars),
            Decimal(0),
            Decimal(dollars),
        )
        assert row.workflow == ".github/workflows/t.yml"


class TestPersons:
    def test_are_in_no_row(self, file: Path) -> None:
        file.write_bytes(detailed(LINUX, IMAGES))
        assert CANARY not in repr(read(file))

    def test_are_in_no_error(self, file: Path) -> None:
        file.write_bytes(detailed(LINUX.replace('"3"', f'"{CANARY}"')))
        with pytest.raises(WrongFile) as raised:
            read(file)
        assert str(raised.value) == f"{file}, line 2: quantity is not a number"


class TestSeveralFiles:
    @pytest.fixture
    def parts(self, tmp_path: Path) -> list[Path]:
        paths = [tmp_path / name for name in ("one.csv", "two.csv")]
        for path, line in zip(paths, (LINUX, IMAGES), strict=True):
            path.write_bytes(detailed(line))
        return paths

    def test_of_one_type_add_up(self, parts: list[Path]) -> None:
        assert [row.sku for row in read(*parts)] == [
            "actions_linux",
            "actions_custom_image_storage",
        ]

    def test_that_are_equal_are_an_error(self, parts: list[Path]) -> None:
        packed = parts[1].with_suffix(".csv.gz")
        packed.write_bytes(gzip.compress(parts[0].read_bytes()))
        for other in (parts[0], packed):
            with pytest.raises(WrongFile, match="begins with the same row"):
                read(parts[0], other)

    def test_of_overlapping_periods_are_an_error(self, parts: list[Path]) -> None:
        parts[1].write_bytes(detailed(LINUX, IMAGES))
        with pytest.raises(WrongFile, match="begins with the same row"):
            read(*parts)

    def test_of_two_types_that_overlap_are_an_error(self, parts: list[Path]) -> None:
        parts[1].write_text(f"{_PREMIUM}\n{PREMIUM.replace('copilot_premium_request', 'linux')}\n")
        with pytest.raises(WrongFile, match="both have actions_linux of 2026-02"):
            read(*parts)

    def test_of_two_types_may_have_different_months(self, parts: list[Path]) -> None:
        line = "2025-05-20,Actions,Compute - UBUNTU,2,minute,0.008,1.0,acme,web,x,,"
        parts[1].write_text(f"{OLD}\n{line}\n")
        assert [row.date for row in read(*parts)] == ["2026-02-01", "2025-05-20"]


class TestAWrongFile:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "is empty"),
            ("a,b\n1,2\n", "is not a usage report of GitHub"),
            ("User login,Organization / repository,Last pushed date\n", "lists committers"),
            (f"{DETAILED}\n{LINUX[:58]}", "line 2: invalid CSV"),
            (f"{DETAILED}\n2026-02-01,actions\n", "line 2: the line has another number"),
            (f"{DETAILED}\n{LINUX.replace('2026-02-01', 'soon')}", "line 2: date is not a date"),
            (
                f"{DETAILED}\n{LINUX.replace('2026-02-01', '0001-01-01T00:00:00+05:00')}",
                "not a date",
            ),
            (f"{DETAILED}\n{LINUX.replace('0.006', 'NaN')}", "applied_cost_per_quantity is not a"),
            (f"{DETAILED}\n{LINUX.replace('0.006', '1_0')}", "applied_cost_per_quantity is not a"),
            (f"{DETAILED}\n{LINUX.replace('0.006', '1e99')}", "not a number that a bill could"),
            (f"{DETAILED}\n{LINUX.replace('web', 'w' * 2000)}", "repository is longer than"),
            (f"{DETAILED}\n{LINUX.replace('acme', 'other')}", "is the file another account's"),
        ],
    )
    def test_is_an_error_that_says_what_and_where(
        self, file: Path, text: str, message: str
    ) -> None:
        file.write_text(text)
        with pytest.raises(WrongFile) as raised:
            read(file, account_type="organization", account="acme")
        assert str(raised.value).startswith(str(file))
        assert message in str(raised.value)
        assert CANARY not in str(raised.value)

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("a.csv", "é".encode("latin-1") + detailed(LINUX), "is not UTF-8"),
            ("a.csv.gz", gzip.compress(detailed(LINUX), mtime=0)[:-9], "is cut short"),
            ("a.csv.gz", detailed(LINUX), "is cut short, or not compressed"),
            (
                "a.csv.gz",
                gzip.compress(b"x" * 99, mtime=0)[:10] + b"\xff" * 40,
                "is cut short, or not",
            ),
            ("a.csv", detailed() + b"x" * (1 << 21), "line 2: the line is longer than"),
        ],
    )
    def test_may_be_of_other_bytes(
        self, tmp_path: Path, name: str, content: bytes, message: str
    ) -> None:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(WrongFile, match=message):
            read(path)

    def test_has_no_cost_center_if_the_column_is_missing(self, file: Path) -> None:
        file.write_text(f"{DETAILED.replace(',cost_center_name', '')}\n")
        with pytest.raises(WrongFile, match="has no cost_center"):
            read(file, by=frozenset({Dimension.COST_CENTER}))

    def test_is_no_pipe(self) -> None:
        with pytest.raises(WrongFile, match="is not a regular file"):
            read(Path("/dev/null"))

    @pytest.mark.parametrize("dimension", [Dimension.MODEL, Dimension.WORKFLOW])
    def test_has_no_column_for_a_dimension(self, file: Path, dimension: Dimension) -> None:
        header = DETAILED.replace(",workflow_path", "")
        file.write_text(f"{header}\n")
        with pytest.raises(WrongFile, match=f"a summarized report has no {dimension}"):
            read(file, by=frozenset({dimension}))

    @given(st.binary(max_size=300), st.booleans())
    def test_of_any_bytes_is_an_error_or_has_rows(self, content: bytes, begun: bool) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder, "any.csv")
            path.write_bytes(detailed(LINUX) * begun + content)
            rows: list[Row] = []
            with suppress(WrongFile):
                rows = read(path)
        assert all(row.date for row in rows)
