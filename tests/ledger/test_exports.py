"""Report exports: made once, waited for, downloaded part by part, and refused if wrong."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

import httpx
import pytest

from exporter.billing.cycle import Cycle
from exporter.github.api import attempt
from exporter.github.errors import GitHubError, InvalidPayload, Rejected, Unreachable
from exporter.ledger import exports
from exporter.ledger.exports import Exported
from exporter.ledger.row import Dimension
from exporter.ledger.totals import Totals
from tests.support.accounts import CORP
from tests.support.collect import CANARY
from tests.support.scripted_exports import (
    HEADER,
    ROOT,
    SIGNATURE,
    SUMMARY,
    ScriptedExports,
    export,
    file,
    line,
    url,
    usage,
)
from tests.support.scripted_github import TOKEN, Conversation, everything_told
from tests.support.world import START, in_virtual_time

BY = (Dimension.ORGANIZATION, Dimension.REPOSITORY, Dimension.WORKFLOW)
PROCESSING = export("processing")
ONE_ROW = {1: [file(line())]}


class Asked:
    """An enterprise's export, asked for in one attempt in virtual time."""

    def __init__(self, github: ScriptedExports, *, most: int | None = None) -> None:
        self.github = github
        self.totals = partial(Totals, BY, most=most)
        self.talk = Conversation(transport=httpx.MockTransport(github))
        self.told: list[str] = []

    async def export(self, *, seconds: float = 600.0, cycle: Cycle | None = None) -> Exported:
        async with attempt(self.talk.client, {}, seconds) as questions:
            return await exports.ask(
                questions,
                CORP,
                cycle or Cycle.at(START),
                START,
                BY,
                totals=self.totals,
                tell=self.told.append,
            )

    async def workflows(self) -> dict[str, Decimal | None]:
        return {row.workflow: row.net for row in (await self.export()).totals.rows()}

    async def failure(self, *, seconds: float = 600.0) -> GitHubError:
        with pytest.raises(GitHubError) as raised:
            await self.export(seconds=seconds)
        told = everything_told(raised.value)
        assert not any(each in told for each in (CANARY, SIGNATURE, TOKEN, "files.example"))
        return raised.value


class TestAnExport:
    @in_virtual_time
    async def test_is_asked_for_without_an_e_mail_and_waited_for(self) -> None:
        done = export(download_urls=[url()])
        github = ScriptedExports(ONE_ROW, posted=PROCESSING, ones=[PROCESSING] * 5 + [done])
        asked = Asked(github)
        assert await asked.workflows() == {".github/workflows/test.yml": Decimal("0.018")}
        assert github.posts == [
            {
                "report_type": "detailed",
                "start_date": "2026-10-01",
                "end_date": "2026-10-12",
                "send_email": False,
            }
        ]
        assert asked.talk.waits == [5, 10, 20, 30, 30, 30]
        assert github.asked == [
            "GET /",
            "POST /",
            *["GET /e-1"] * 6,
            "GET /part-1.csv",
            f"GET {SUMMARY}",
        ]
        assert "waiting for GitHub to make the export (15 s) …" in asked.told

    @in_virtual_time
    async def test_of_a_past_month_is_of_all_its_days(self) -> None:
        github = ScriptedExports()
        await Asked(github).export(cycle=Cycle.at(START).previous())
        assert github.posts[0]["start_date"] == "2026-09-01"
        assert github.posts[0]["end_date"] == "2026-09-30"

    @pytest.mark.parametrize(
        "listed",
        [
            export("processing", made="2026-10-10T00:00:00Z"),
            export("completed"),
            export("completed", made=None),
        ],
    )
    @in_virtual_time
    async def test_that_is_running_or_fresh_is_used(self, listed: dict[str, object]) -> None:
        other = export("processing", id="e-2", days=("2026-10-01", "2026-10-11"))
        github = ScriptedExports(ONE_ROW, listed=[[other, listed]])
        assert len(await Asked(github).workflows()) == 1
        assert github.posts == []
        assert "GET /e-1" in github.asked

    @pytest.mark.parametrize(
        "listed",
        [
            export(made="2026-10-11T23:59:59Z"),
            export(kind="summarized"),
            export(days=("2026-10-01", "2026-10-11")),
            export(days=("2026-09-01", "2026-10-12")),
            export("failed", made="2026-10-12T08:29:59Z"),
        ],
    )
    @in_virtual_time
    async def test_of_another_day_type_or_window_is_not_used(
        self, listed: dict[str, object]
    ) -> None:
        github = ScriptedExports(ONE_ROW, listed=[[listed]])
        await Asked(github).export()
        assert len(github.posts) == 1

    @in_virtual_time
    async def test_without_urls_has_no_rows(self) -> None:
        github = ScriptedExports()
        assert await Asked(github).workflows() == {}
        assert github.downloads == []
        assert SUMMARY not in {each.url.path for each in github.requests}

    @in_virtual_time
    async def test_of_several_parts_is_read_part_by_part_each_once(self) -> None:
        reordered = ",".join(reversed(HEADER.split(",")))
        cells = ",".join(reversed(line("b.yml").split(",")))
        parts = {1: [file(line("a.yml"))], 2: [file(cells, header=reordered)], 3: [file()]}
        github = ScriptedExports(parts)
        assert await Asked(github).workflows() == dict.fromkeys(
            ("a.yml", "b.yml"), Decimal("0.018")
        )
        assert [each.url.path for each in github.downloads] == [
            f"/part-{number}.csv" for number in (1, 2, 3)
        ]

    @in_virtual_time
    async def test_is_downloaded_without_the_token(self) -> None:
        github = ScriptedExports(ONE_ROW)
        await Asked(github).export()
        (download,) = github.downloads
        assert TOKEN not in str(download.headers.raw)
        others = [each for each in github.requests if each is not download]
        assert all(TOKEN in str(each.headers.raw) for each in others)

    @in_virtual_time
    async def test_whose_urls_expired_is_asked_for_again(self) -> None:
        github = ScriptedExports({1: [file(line("a.yml"))], 2: [403, file(line("b.yml"))]})
        assert sorted(await Asked(github).workflows()) == ["a.yml", "b.yml"]
        assert [str(each.url) for each in github.downloads] == [
            url(1),
            url(2),
            url(2, renewed=1),
        ]

    @in_virtual_time
    async def test_is_downloaded_again_from_the_beginning_of_a_part(self) -> None:
        github = ScriptedExports({1: [503, httpx.ReadError("cut"), file(line())]})
        assert len(await Asked(github).workflows()) == 1
        assert len(github.posts) == 1

    @in_virtual_time
    async def test_sums_over_people_and_keeps_none(self) -> None:
        lines = [line(user=f"{CANARY}-{number}", gross=1, net=1) for number in range(3)]
        found = await Asked(ScriptedExports({1: [file(*lines)]})).export()
        (row,) = found.totals.rows()
        assert row.net == 3
        assert CANARY not in repr(row)


class TestAConflict:
    @in_virtual_time
    async def test_with_an_export_of_these_days_waits_for_it(self) -> None:
        github = ScriptedExports(ONE_ROW, listed=[[], [PROCESSING]], posted=409)
        asked = Asked(github)
        assert len(await asked.workflows()) == 1
        assert github.asked[:4] == ["GET /", "POST /", "GET /", "GET /e-1"]
        assert asked.talk.waits == [5]

    @in_virtual_time
    async def test_with_another_export_fails_until_the_next_poll(self) -> None:
        other = export("processing", kind="ai_credit")
        github = ScriptedExports(listed=[[other]], posted=409)
        error = await Asked(github).failure()
        assert type(error) is Rejected
        assert "another export of the enterprise is running" in str(error)
        assert "next poll" in error.hint
        assert len(github.posts) == 1


class TestARestart:
    @pytest.mark.parametrize("lost", [500, 503, httpx.ReadTimeout(""), httpx.ConnectError("")])
    @in_virtual_time
    async def test_makes_no_second_export_though_the_answer_was_lost(
        self, lost: int | Exception
    ) -> None:
        github = ScriptedExports(ONE_ROW, listed=[[], [PROCESSING]], posted=lost)
        assert type(await Asked(github).failure()) is Unreachable
        assert len(github.posts) == 1
        assert len(await Asked(github).workflows()) == 1
        assert len(github.posts) == 1

    @in_virtual_time
    async def test_continues_with_an_export_that_outlasted_the_attempt(self) -> None:
        github = ScriptedExports(ONE_ROW, posted=PROCESSING, ones=[PROCESSING])
        error = await Asked(github).failure(seconds=60.0)
        assert type(error) is Unreachable
        assert "still making the export" in str(error)
        github = replace(github, ones=(), listed=[[PROCESSING]], posted=500)
        assert len(await Asked(github).workflows()) == 1
        assert len(github.posts) == 1


class TestAFailedExport:
    FAILED = export("failed", error_message=f"{CANARY} did it")

    @in_virtual_time
    async def test_fails_in_our_own_words(self) -> None:
        error = await Asked(ScriptedExports(posted=PROCESSING, ones=[self.FAILED])).failure()
        assert type(error) is Rejected
        assert "GitHub failed to make the export" in str(error)

    @pytest.mark.parametrize(("made", "posts"), [("08:30:01", 0), ("08:29:59", 1)])
    @in_virtual_time
    async def test_is_made_again_after_an_hour(self, made: str, posts: int) -> None:
        failed = export("failed", made=f"2026-10-12T{made}Z")
        github = ScriptedExports(listed=[[failed]])
        asked = Asked(github)
        if posts:
            await asked.export()
        else:
            await asked.failure()
        assert len(github.posts) == posts


class TestAWrongAnswer:
    @pytest.mark.parametrize(
        ("ones", "message"),
        [
            ([export("unheard-of")], "status is none of an export"),
            ([{"id": "e-1"}], "status"),
            ([export(id="../../orgs")], "id is not an id"),
            ([export(download_urls=[url(1)]), export(download_urls=[])], "changed in number"),
        ],
    )
    @in_virtual_time
    async def test_of_an_export_is_invalid(
        self, ones: list[dict[str, object]], message: str
    ) -> None:
        error = await Asked(ScriptedExports({1: [403]}, ones=ones)).failure()
        assert type(error) is InvalidPayload
        assert message in str(error)

    @in_virtual_time
    async def test_of_a_renewed_url_is_a_failure(self) -> None:
        github = ScriptedExports({1: [403]})
        error = await Asked(github).failure()
        assert type(error) is Rejected
        assert "refuses the URL" in str(error)
        assert len(github.downloads) == 2

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ([b"<!DOCTYPE html><html>sign in</html>"], "HTML or XML instead of CSV"),
            ([b'\n{"message": "no"}'], "JSON instead of CSV"),
            ([b""], "the export is empty"),
            ([file(line())[:-50]], "line 2: invalid CSV: is the file cut?"),
            ([file(line()[:-20])], "line 2: invalid CSV: is the file cut?"),
            ([file("1,2")], "line 2: the line has another number of columns"),
            ([file(header=HEADER.replace(",workflow_path", ""))], "has no workflow"),
            ([file(header=HEADER.replace(",organization", ""))], "has no organization"),
            ([file(header=HEADER.replace(",net_amount", ""))], "its first line lacks net_amount"),
            ([file(line(quantity=CANARY))], "line 2: quantity is not a number"),
            ([file(line(day="2026-09-30"))], "date is not in the requested period"),
            ([file(line(day="2026-10-13"))], "date is not in the requested period"),
            ([file(line()), file(line())], "two parts begin with the same row"),
            ([b"\xff" * 70_000], "the export is not UTF-8"),
        ],
    )
    @in_virtual_time
    async def test_of_a_file_is_invalid(self, parts: Sequence[bytes], message: str) -> None:
        files = {number: [part] for number, part in enumerate(parts, 1)}
        error = await Asked(ScriptedExports(files)).failure()
        assert type(error) is InvalidPayload
        assert message in str(error)

    @in_virtual_time
    async def test_of_endless_names_is_invalid(self) -> None:
        lines = (line(organization=f"o-{number}") for number in range(10_500))
        error = await Asked(ScriptedExports({1: [file(*lines)]})).failure()
        assert "more than 10,000 organizations and SKUs" in str(error)

    @in_virtual_time
    async def test_of_endless_names_in_several_parts_is_invalid(self) -> None:
        parts = {number: [file(line(f"{number}.yml"))] for number in (1, 2)}
        asked = Asked(ScriptedExports(parts), most=1)
        error = await asked.failure()
        assert type(error) is InvalidPayload
        assert "more than 1 sums" in str(error)


class TestAnotherEnterprise:
    @pytest.mark.parametrize("summary", [usage(), 400, 404, 422])
    @in_virtual_time
    async def test_is_known_by_its_dearest_organizations(self, summary: object) -> None:
        lines = [
            line(f"{name}.yml", organization=name, gross=dollars)
            for dollars, name in enumerate(["tiny", "small", "", "large", "huge"], 1)
        ]
        github = ScriptedExports({1: [file(*lines)]}, summary=summary)
        error = await Asked(github).failure()
        assert type(error) is InvalidPayload
        assert "another enterprise" in str(error)
        asked = [each.url.params["organization"] for each in github.requests[-3:]]
        assert asked == ["huge", "large", "small"]

    @pytest.mark.parametrize("free", [line(organization=""), line(gross=0, net=0)])
    @in_virtual_time
    async def test_is_not_suspected_without_dollars_of_organizations(self, free: str) -> None:
        github = ScriptedExports({1: [file(free)]}, summary=usage())
        assert len(await Asked(github).workflows()) == 1

    @in_virtual_time
    async def test_has_no_people_to_ask_for(self) -> None:
        github = ScriptedExports({1: [file(line(organization="mona_acme"))]}, summary=usage())
        (found,) = (await Asked(github).export()).totals.rows()
        assert found.organization == "(user)"
        assert ROOT in github.requests[0].url.path
