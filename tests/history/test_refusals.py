"""Refusals of a receiver and of a URL: one line with the remedy, without secrets."""

import traceback
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.history.remote_write import WrongSetting
from tests.support.remote_write import ACCEPTED, PERSON, TOKEN, URL, Sending, refuses
from tests.support.scripted_github import Pieces, says
from tests.support.world import in_virtual_time


class TestARefusal:
    @pytest.mark.parametrize(
        ("status", "fix"),
        [
            (301, "a redirect is not followed"),
            (400, "refuses the samples"),
            (401, "--header-file"),
            (403, "--header-file"),
            (404, "--web.enable-remote-write-receiver"),
            (405, "/api/v1/push"),
            (413, "raise the limit"),
            (415, "remote write 1.0"),
            (418, "refuses the samples"),
            (422, "refuses the samples"),
        ],
    )
    @in_virtual_time
    async def test_is_not_retried_and_says_what_to_change(self, status: int, fix: str) -> None:
        sending = Sending(refuses(status))
        message = await sending.failure(2_500)
        assert message.startswith(f"{URL} answered {status}: ")
        assert fix in message
        assert len(sending.requests) == 1
        assert not sending.sent
        assert not sending.told

    @pytest.mark.parametrize("status", [400, 409, 500])
    @pytest.mark.parametrize(
        "answer",
        [
            "out of bounds",
            "Out of order sample",
            "too old sample",
            "its timestamp is too old (err-mimir-sample-timestamp-too-old)",
            "(err-mimir-sample-out-of-order)",
            "received a sample whose timestamp is too far in the past",
        ],
    )
    @in_virtual_time
    async def test_of_the_past_names_the_settings(self, answer: str, status: int) -> None:
        sending = Sending(refuses(status, answer))
        message = await sending.failure()
        assert "Prometheus's storage.tsdb.out_of_order_time_window" in message
        assert "Mimir's limit out_of_order_time_window to 701d or more" in message
        assert "-retentionPeriod" in message
        assert len(sending.requests) == 1

    @pytest.mark.parametrize(
        "answer",
        ["duplicate sample for timestamp", "(err-mimir-sample-duplicate-timestamp)"],
    )
    @in_virtual_time
    async def test_of_other_values_says_so(self, answer: str) -> None:
        message = await Sending(refuses(400, answer)).failure()
        assert "other values at the same times" in message

    @in_virtual_time
    async def test_names_mimirs_reason_and_nothing_else_of_its_answer(self) -> None:
        answer = f"per-user limit (err-mimir-max-series-per-user) {'x' * 100}"
        message = await Sending(refuses(400, answer)).failure()
        assert message.startswith(f"{URL} answered 400 (err-mimir-max-series-per-user): ")
        assert "xxx" not in message

    @in_virtual_time
    async def test_with_an_endless_answer_is_one_too(self) -> None:
        endless = Pieces(repeat(b"out of bounds" * 1_000))
        message = await Sending(says(400, endless)).failure()
        assert "out_of_order_time_window" in message
        assert endless.taken < 10

    @in_virtual_time
    async def test_may_be_a_web_page(self) -> None:
        page = says(200, b"<html>Sign in", {"content-type": "text/html; charset=utf-8"})
        message = await Sending(page).failure()
        assert message.startswith(f"{URL} answered 200: this is not the URL")

    @in_virtual_time
    async def test_hides_the_query_of_the_url(self) -> None:
        sending = Sending(refuses(400), url=f"{URL}?token={TOKEN}")
        assert (await sending.failure()).startswith(f"{URL} answered 400: ")


class TestAnyAnswer:
    @given(
        st.integers(200, 599),
        st.binary(max_size=200),
        st.text(st.characters(codec="latin-1"), max_size=30),
    )
    def test_becomes_one_line_without_any_of_it(self, status: int, body: bytes, wait: str) -> None:
        @in_virtual_time
        async def scenario() -> None:
            headers = {"retry-after": wait.encode("latin-1")}
            answer = says(status, body + f" {PERSON} {TOKEN}".encode() + body, headers)
            sending = Sending(answer)
            if status < 300:
                await sending.send()
                assert sending.sent == [1]
            else:
                assert (await sending.failure()).startswith(f"{URL} answered {status}")

        scenario()


class TestAUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "prometheus:9090",
            "prometheus:9090/api/v1/write",
            "/api/v1/write",
            "ftp://prometheus/api/v1/write",
            "http:///api/v1/write",
            "http://prometheus:9090",
            "http://prometheus:9090/",
            "http://prometheus:90900/api/v1/write",
            "http://prometheus:0/api/v1/write",
            "http://prometheus:port/api/v1/write",
            "http://[::1/api/v1/write",
            "http://xn--/api/v1/write",
            "http://prometheus/api/v1/write#fragment",
            "http://prometheus/api/\x00write",
        ],
    )
    @in_virtual_time
    async def test_must_be_a_receivers(self, url: str) -> None:
        with pytest.raises(WrongSetting, match="must be the URL of a remote-write receiver"):
            Sending(ACCEPTED, url=url)

    @pytest.mark.parametrize("user", [f"{PERSON}:{TOKEN}", TOKEN, f":{TOKEN}"])
    @in_virtual_time
    async def test_must_not_have_a_user(self, user: str) -> None:
        with pytest.raises(WrongSetting, match="use --header-file") as caught:
            Sending(ACCEPTED, url=f"https://{user}@mimir.example.com/api/v1/push")
        assert TOKEN not in "".join(traceback.format_exception(caught.value)[-1])
        assert PERSON not in str(caught.value)
