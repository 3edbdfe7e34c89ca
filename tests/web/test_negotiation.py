"""Content negotiation: the scraper's preferred format, gzipped on request."""

import asyncio
import gzip
import zlib

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from tests.support.web_application import Server

TEXT = "text/plain; version=0.0.4; charset=utf-8"
TEXT_1 = "text/plain; version=1.0.0; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3_OF_TEXT = (
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4"
)
"""Recorded from Prometheus 2.42 and 3.5; the last with text protocols configured."""


class TestFormats:
    @pytest.mark.parametrize(
        ("accept", "content_type"),
        [
            ("", TEXT),
            ("*/*", TEXT),
            ("text/html, */*;q=0.8", TEXT),
            ("text/plain;version=0.0.4", TEXT),
            (PROMETHEUS_2, OPENMETRICS),
            (PROMETHEUS_3, OPENMETRICS),
            (PROMETHEUS_3_OF_TEXT, TEXT_1),
            ("application/openmetrics-text;q=0,text/plain", TEXT),
            ("application/openmetrics-text;q=0.0,*/*", TEXT),
            ("text/plain;q=0,*/*", OPENMETRICS),
            ("text/plain;q=1,application/openmetrics-text;version=1.0.0;q=0.1", TEXT),
            ("application/openmetrics-text;version=1.0.0;q=0.1,text/plain;q=1", TEXT),
            ("text/plain;version=0.0.4;q=0.6,text/plain;version=1.0.0;q=0.5,*/*;q=0.1", TEXT),
            ("text/plain;version=0.0.4;q=0.5,text/plain;version=1.0.0;q=0.6", TEXT_1),
            ("*/*, application/openmetrics-text", OPENMETRICS),
            ("application/openmetrics-text; version=2.0.0", OPENMETRICS),
            ("application/openmetrics-text;q=0.4, text/*;q=0.5", TEXT),
            (
                "application/openmetrics-text ; version=1.0.0 ; q = 0.9 , text/plain;q=0.5",
                OPENMETRICS,
            ),
            ("text/plain;q=0.5, application/openmetrics-text;q=nan", OPENMETRICS),
            ("text/plain;q=2, application/openmetrics-text;q=x", TEXT),
            ("text/plain;q=0, application/openmetrics-text;q=0", TEXT),
            ("*/*;q=0", TEXT),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", TEXT),
            (",;,=;q", TEXT),
        ],
    )
    def test_accept_chooses(self, accept: str, content_type: str) -> None:
        answer = Server().polled("/metrics", accept=accept)
        assert answer.status == 200
        assert answer.headers["content-type"] == content_type
        assert 'github_billing_account_info{account="acme"' in answer.text

    @pytest.mark.parametrize("accept", [PROMETHEUS_2, PROMETHEUS_3])
    def test_openmetrics_ends_once_and_at_the_end(self, accept: str) -> None:
        page = Server().polled("/metrics", accept=accept).text
        assert page.endswith("\n# EOF\n")
        assert page.count("# EOF") == 1

    def test_both_formats_parse_and_say_the_same(self) -> None:
        server = Server()
        plain, opened = server.polled("/metrics"), server.polled("/metrics", accept=PROMETHEUS_3)
        by_text = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_families(plain.text)
            for sample in family.samples
            if "github_billing_usage" in sample.name
        }
        by_openmetrics = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in open_families(opened.text)  # type: ignore[no-untyped-call]
            for sample in family.samples
            if "github_billing_usage" in sample.name
        }
        assert by_text == by_openmetrics
        assert len(by_text) > 50

    @pytest.mark.parametrize("form", ["application/openmetrics-text", "text/plain"])
    @pytest.mark.parametrize("escaping", ["dots", "values", "underscores", "allow-utf-8"])
    def test_no_escaping_changes_a_name(self, form: str, escaping: str) -> None:
        server = Server()
        asked = f"{form};version=1.0.0"
        as_it_is = server.polled("/metrics", accept=asked)
        escaped = asyncio.run(server.ask("/metrics", accept=f"{asked};escaping={escaping}"))
        assert (escaped.body, escaped.headers) == (as_it_is.body, as_it_is.headers)

    def test_no_family_stands_on_a_page_twice(self) -> None:
        page = Server().polled("/metrics").text
        names = [line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")]
        assert len(names) == len(set(names)) > 20


class TestCompression:
    @pytest.mark.parametrize(
        "accepted",
        [
            "gzip",
            "GZIP",
            "deflate, gzip;q=0.5",
            "*",
            "gzip;q=0.001, *;q=0",
            "gzip;level=9;q=0.1",
            "identity;q=0.5, gzip",
            "gzip, identity",
        ],
    )
    @pytest.mark.parametrize("accept", ["", PROMETHEUS_3])
    def test_gzip_where_asked_is_the_plain_page_in_one_member(
        self, accepted: str, accept: str
    ) -> None:
        server = Server()
        packed = server.polled("/metrics", accept=accept, accept_encoding=accepted)
        plain = asyncio.run(server.ask("/metrics", accept=accept))
        assert packed.headers["content-encoding"] == "gzip"
        decompress = zlib.decompressobj(16 + zlib.MAX_WBITS)
        assert decompress.decompress(packed.body) == plain.body
        assert (decompress.eof, decompress.unused_data) == (True, b"")
        assert gzip.decompress(packed.body) == plain.body
        assert len(packed.body) < len(plain.body) / 4

    @pytest.mark.parametrize(
        "accepted",
        [
            "",
            "identity",
            "br, zstd",
            "gzip;q=0",
            "gzip; q=0.000",
            "gzip;q=0.0000",
            "gzip;q=0;x=1",
            "gzip;level=9;q=0",
            "*, gzip;q=0",
            "deflate, *;q=0",
            "gzip;q=0.5, identity",
            "*;q=0.5, identity;q=0.6",
        ],
    )
    def test_plain_where_gzip_is_not_wanted(self, accepted: str) -> None:
        answer = Server().polled("/metrics", accept_encoding=accepted)
        assert "content-encoding" not in answer.headers
        assert answer.body.startswith(b"# HELP ")

    def test_caches_are_told_what_the_page_depends_on(self) -> None:
        headers = Server().polled("/metrics").headers
        assert headers["vary"] == "accept, accept-encoding"
        assert headers["cache-control"] == "no-store"
