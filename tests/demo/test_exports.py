"""Report exports of the simulated GitHub: made, polled, signed and downloaded."""

import csv
import json
from collections.abc import Mapping
from datetime import date, timedelta

import httpx
import pytest

from exporter.accounts import AccountType
from exporter.app import utc_now
from exporter.demo import SimulatedAccount, SimulatedExport, SimulatedToken
from tests.support.exports import MONTH, REPORTS, downloaded, exports_of, finished, rows_of
from tests.support.simulator_client import NOW, Asker
from tests.support.simulator_server import asking, simulated_github

STORAGE = "https://exports.simulated-github.invalid/"


class TestExports:
    def test_one_is_processing_and_then_completed(self) -> None:
        asker = Asker()
        made = asker.post(REPORTS, MONTH)
        assert made.status_code == 202
        assert made.json() == {
            "id": made.json()["id"],
            "report_type": "detailed",
            "start_date": "2026-10-01",
            "end_date": "2026-10-20",
            "status": "processing",
            "created_at": "2026-10-20T09:30:00Z",
            "actor": "mona",
        }
        path = f"{REPORTS}/{made.json()['id']}"
        asker.clock.now += timedelta(seconds=19)
        assert asker.get(path).json()["status"] == "processing"
        asker.clock.now += timedelta(seconds=1)
        ready = asker.get(path).json()
        assert ready["status"] == "completed"
        assert [url.startswith(STORAGE) for url in ready["download_urls"]] == [True]
        assert asker.get(f"{REPORTS}/unknown").status_code == 404

    def test_posts_are_recorded_with_their_bodies(self) -> None:
        asker = Asker()
        asker.post(REPORTS, {**MONTH, "send_email": False})
        (request,) = asker.github.requests
        assert (request.method, request.path, request.status) == ("POST", REPORTS, 202)
        assert json.loads(request.body)["send_email"] is False

    def test_only_one_of_any_type_is_processing(self) -> None:
        asker = Asker()
        summarized = {**MONTH, "report_type": "summarized"}
        statuses = [asker.post(REPORTS, body).status_code for body in (MONTH, summarized)]
        assert statuses == [202, 409]
        asker.clock.now += timedelta(seconds=20)
        assert asker.post(REPORTS, summarized).status_code == 202

    def test_the_list_begins_with_the_newest_and_keeps_31_days(self) -> None:
        asker = Asker()
        ids = [finished(asker)["id"] for _ in range(2)]

        def listed() -> list[str]:
            return [each["id"] for each in asker.get(REPORTS).json()["usage_report_exports"]]

        assert listed() == ids[::-1]
        asker.clock.now += timedelta(days=31, seconds=-1)
        assert listed() == ids[1:]
        assert asker.get(f"{REPORTS}/{ids[0]}").status_code == 404

    def test_one_that_somebody_else_made_is_listed(self) -> None:
        asker = Asker()
        other = SimulatedExport(
            "7", "detailed", date(2026, 9, 1), date(2026, 9, 30), NOW, NOW, actor="hubot"
        )
        exports_of(asker).made.append(other)
        (listed,) = asker.get(REPORTS).json()["usage_report_exports"]
        assert (listed["id"], listed["actor"], listed["status"]) == ("7", "hubot", "completed")

    def test_one_may_fail_and_say_why(self) -> None:
        asker = Asker()
        exports_of(asker).error = "Report generation failed"
        failed = finished(asker)
        assert (failed["status"], failed["error_message"]) == ("failed", "Report generation failed")
        assert "download_urls" not in failed
        exports_of(asker).error = None
        assert finished(asker)["status"] == "completed"

    def test_one_without_rows_has_no_urls(self) -> None:
        empty = finished(Asker(), {**MONTH, "start_date": "2026-10-21", "end_date": "2026-10-22"})
        assert empty["status"] == "completed"
        assert "download_urls" not in empty

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"end_date": "2026-10-31"}, 202),
            ({"end_date": "2026-11-01"}, 400),
            ({"report_type": "ai_credit", "end_date": "2026-11-01"}, 400),
            ({"report_type": "premium_request", "end_date": "2026-11-01"}, 400),
            ({"report_type": "summarized", "start_date": "2025-11-01"}, 202),
            ({"report_type": "summarized", "start_date": "2025-10-01"}, 400),
            ({"end_date": "2026-09-30"}, 400),
            ({"start_date": "yesterday"}, 400),
            ({"report_type": "guess"}, 400),
        ],
    )
    def test_windows_have_limits_by_type(self, changes: Mapping[str, str], status: int) -> None:
        answer = Asker().post(REPORTS, {**MONTH, **changes})
        assert answer.status_code == status

    def test_a_post_without_json_is_refused(self) -> None:
        assert Asker().post(REPORTS).status_code == 400

    def test_only_enterprises_have_them(self) -> None:
        asker = Asker()
        for path in ("organizations/acme", "orgs/acme", "users/mona", "enterprises/unknown"):
            answer = asker.post(f"/{path}/settings/billing/reports", MONTH)
            assert answer.status_code == 404

    def test_they_take_no_fine_grained_token(self) -> None:
        asker = Asker(tokens={"github_pat_x": SimulatedToken("mona")})
        answer = asker.post(REPORTS, MONTH, authorization="Bearer github_pat_x")
        assert answer.status_code == 403

    def test_they_can_be_hidden(self) -> None:
        asker = Asker()
        asker.github.account(AccountType.ENTERPRISE, "acme-corp").hidden = {"exports"}
        asked = [asker.post(REPORTS, MONTH), asker.get(REPORTS), asker.get(f"{REPORTS}/7")]
        assert [answer.status_code for answer in asked] == [403, 403, 403]


class TestDownloads:
    def test_only_the_signature_is_accepted(self) -> None:
        asker = Asker()
        (url,) = finished(asker)["download_urls"]
        assert downloaded(asker, url).status_code == 200
        assert asker.get(url).status_code == 400
        assert downloaded(asker, f"{url}0").status_code == 403
        assert downloaded(asker, url.partition("?")[0]).status_code == 403
        assert downloaded(asker, url.replace("part-1", "part-2")).status_code == 403

    def test_one_expires_and_the_export_has_a_fresh_one(self) -> None:
        asker = Asker()
        export = finished(asker)
        (old,) = export["download_urls"]
        asker.clock.now += timedelta(hours=1)
        assert downloaded(asker, old).status_code == 403
        (fresh,) = asker.get(f"{REPORTS}/{export['id']}").json()["download_urls"]
        assert fresh != old
        assert downloaded(asker, fresh).status_code == 200

    def test_the_file_of_an_export_that_is_gone_is_not_found(self) -> None:
        asker = Asker()
        (url,) = finished(asker)["download_urls"]
        exports_of(asker).made.clear()
        assert downloaded(asker, url).status_code == 404

    def test_the_storage_is_not_github(self) -> None:
        asker = Asker()
        (url,) = finished(asker)["download_urls"]
        answer = downloaded(asker, url)
        assert set(answer.headers) == {"content-type"}
        assert asker.get("/rate_limit").json()["rate"]["used"] == 2
        path = url.removeprefix(STORAGE)
        assert asker.get(f"/{path}").status_code == 404

    def test_the_host_can_be_set(self) -> None:
        asker = Asker(downloads="https://storage.example.com")
        (url,) = finished(asker)["download_urls"]
        assert url.startswith("https://storage.example.com/")
        assert downloaded(asker, url).status_code == 200

    def test_over_loopback_they_are_on_the_same_server(self) -> None:
        account = SimulatedAccount(AccountType.ENTERPRISE, "acme-corp")
        account.exports.processing = timedelta(0)
        with simulated_github(account) as (_, url):
            token = asking(url)["GITHUB_BILLING_TOKEN"]
            body = {"report_type": "detailed", "start_date": f"{utc_now().date() - timedelta(9)}"}
            made = httpx.post(
                f"{url}{REPORTS}", json=body, headers={"authorization": f"Bearer {token}"}
            )
            (download,) = made.json()["download_urls"]
            assert download.startswith(f"{url}/")
            assert httpx.get(download).status_code == 200

    def test_each_part_has_a_mark_and_a_header_and_every_value_is_quoted(self) -> None:
        asker = Asker()
        whole = rows_of(asker)
        exports_of(asker).parts = 3
        urls = finished(asker)["download_urls"]
        parts = [downloaded(asker, url).content for url in urls]
        assert len(parts) == 3
        for part in parts:
            lines = part.decode().split("\r\n")
            assert lines[0].startswith('\ufeff"date","product","sku","quantity"')
            assert lines[-1] == ""
            assert all(line[0] == line[-1] == '"' for line in lines[1:-1])
            assert "\n" not in "".join(lines)
        rows = [
            row for part in parts for row in csv.DictReader(part.decode("utf-8-sig").splitlines())
        ]
        assert len(rows) == len(whole)

    def test_the_usage_is_that_of_the_time_of_the_post(self) -> None:
        asker = Asker(pace=1.0)
        export = finished(asker)
        (url,) = export["download_urls"]
        first = downloaded(asker, url).content
        asker.clock.now += timedelta(minutes=30)
        assert downloaded(asker, url).content == first
