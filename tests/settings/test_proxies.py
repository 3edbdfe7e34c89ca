"""Proxies from the environment: invalid ones, and the same choice of hosts as curl."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from exporter.settings import load, proxy_for
from tests.settings import COLLECTORS, faults
from tests.support.programs import system_program

GITHUB = "https://api.github.com"
PASSWORD = "sesame"
VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
BAD = [
    f"http://mona:{PASSWORD}@127.0.0.1:99999",
    f"http://mona:{PASSWORD}@127.0.0.1:65536",
    f"mona:{PASSWORD}@127.0.0.1:0",
    f"http://mona:{PASSWORD}@127.0.0.1:-1",
    f"http://mona:{PASSWORD}@127.0.0.1:port",
    f"http://mona:{PASSWORD}#1@127.0.0.1:3128",
    f"http://mona:{PASSWORD}@[fd00::1",
    f"http://mona:{PASSWORD}@",
    f"http://mona:{PASSWORD}@xn--a:3128",
]


class TestAddress:
    @pytest.mark.parametrize("variable", VARIABLES)
    @pytest.mark.parametrize("address", BAD)
    def test_that_cannot_be_is_one_line_with_the_variable_and_no_password(
        self, variable: str, address: str
    ) -> None:
        (line,) = faults({}, {variable: address})
        assert line.startswith(f"{variable}: must be the http:// or https:// URL of a proxy")
        assert PASSWORD not in line

    @pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h"])
    def test_of_socks_is_not_supported(self, scheme: str) -> None:
        (line,) = faults({}, {"ALL_PROXY": f"{scheme}://mona:{PASSWORD}@127.0.0.1:1080"})
        assert line.startswith("ALL_PROXY: SOCKS proxies are not supported")
        assert PASSWORD not in line

    def test_each_is_told(self) -> None:
        told = faults({}, dict.fromkeys(VARIABLES[:3], BAD[0]))
        assert [line.partition(":")[0] for line in told] == VARIABLES[:3]

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1:65535",
            "https://mona:sesame@proxy.example.com",
            "proxy:1",
            "http://[fd00::1]:3128",
            " http://proxy:3128\r\n",
        ],
    )
    def test_that_can_be_is_none(self, address: str) -> None:
        environment = {"HTTPS_PROXY": address}
        load({}, environment, COLLECTORS)
        proxy = address.strip()
        assert proxy_for(GITHUB, environment) == (proxy if "//" in proxy else f"http://{proxy}")

    def test_is_that_of_the_small_letters(self) -> None:
        environment = {"HTTPS_PROXY": "http://great", "https_proxy": "http://small"}
        assert proxy_for(GITHUB, environment) == "http://small"
        assert proxy_for(GITHUB, environment | {"https_proxy": ""}) is None

    def test_is_that_of_the_scheme_before_that_of_all(self) -> None:
        environment = {"ALL_PROXY": "http://all", "HTTP_PROXY": "http://plain"}
        assert proxy_for(GITHUB, environment) == "http://all"
        assert proxy_for("http://127.0.0.1", environment) == "http://plain"
        assert proxy_for(GITHUB, environment | {"HTTPS_PROXY": "http://tls"}) == "http://tls"

    @pytest.mark.parametrize("everyone", ["*", "localhost,*", "* 10.0.0.0/8"])
    def test_does_not_matter_where_nobody_is_reached_by_it(self, everyone: str) -> None:
        environment = {"HTTPS_PROXY": BAD[0], "NO_PROXY": everyone}
        load({}, environment, COLLECTORS)
        assert proxy_for(GITHUB, environment) is None


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(502)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    """Serve a proxy that always answers 502."""
    with HTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def curl_asks(url: str, proxy: str, no_proxy: str) -> bool:
    """Return whether curl uses the proxy. Without it the connection is refused."""
    quiet = ("--silent", "--output", "/dev/null", "--max-time", "20")
    code = subprocess.run(
        [system_program("curl"), *quiet, "--write-out", "%{http_code}", url],
        env={"http_proxy": proxy, "no_proxy": no_proxy},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    ).stdout
    assert code in {"502", "000"}
    return code == "502"


ADDRESS = "http://127.9.8.7:9"
NAME, OTHER = "http://api.ghe.localhost:9", "http://notghe.localhost.:9"


class TestNoProxy:
    @pytest.mark.parametrize("url", [ADDRESS, NAME, OTHER])
    @pytest.mark.parametrize(
        "no_proxy",
        [
            "",
            "*",
            "localhost,127.0.0.1,10.0.0.0/8,fd00::/8",
            "10.0.0.0/8",
            "127.0.0.0/8",
            "127.9.8.0/24",
            "127.9.0.0/24",
            "127.1.2.3/8",
            "127.9.8.7",
            "127.9.8.7/32",
            "127.9.8.7/33",
            "9.8.7",
            "fd00::/8",
            "localhost",
            "LOCALHOST",
            ".localhost",
            "localhost.",
            "ghe.localhost",
            ".ghe.localhost",
            "api.ghe.localhost",
            "other.api.ghe.localhost",
            "e.localhost",
            "ghe.localhost/8",
            "fd00::/8 ghe.localhost",
            "fd00::/8,,ghe.localhost",
            " fd00::/8 , ghe.localhost ",
        ],
    )
    def test_is_taken_as_by_curl(self, no_proxy: str, url: str, proxy: str) -> None:
        environment = {"HTTP_PROXY": proxy, "NO_PROXY": no_proxy}
        asked = proxy_for(url, environment) is not None
        assert asked == curl_asks(url, proxy, no_proxy)

    @pytest.mark.parametrize(
        ("no_proxy", "direct"),
        [
            ("fd00::/8", True),
            ("10.0.0.0/8,fd00::/8", True),
            ("fdab::/16", True),
            ("FD00::/8", True),
            ("fdab:0::0:7", True),
            ("fdab::7/128", True),
            ("fdab::7/129", False),
            ("fdab::7/x", False),
            ("fe80::/10", False),
            ("0.0.0.0/0", False),
            ("fdab", False),
            ("7", False),
        ],
    )
    def test_takes_networks_of_ipv6_too(self, no_proxy: str, direct: bool) -> None:
        # According to curl's manual: Debian 12's curl compares IPv6 addresses as text.
        environment = {"HTTPS_PROXY": "http://proxy", "NO_PROXY": no_proxy}
        assert (proxy_for("https://[fdab::7]/api/v3", environment) is None) == direct
        assert proxy_for(GITHUB, environment) == "http://proxy"

    @pytest.mark.parametrize(
        ("no_proxy", "url"),
        [
            ("api.github.com:443", GITHUB),
            ("github.com:443", GITHUB),
            ("10.1.2.3:8443", "https://10.1.2.3:8443/api/v3"),
            ("[fd00::1]", "https://[fd00::1]/api/v3"),
            ("[fd00::1]:443", "https://[fd00::1]/api/v3"),
        ],
    )
    def test_may_name_a_port_and_write_an_address_as_urls_do(self, no_proxy: str, url: str) -> None:
        environment = {"ALL_PROXY": "http://proxy", "NO_PROXY": no_proxy}
        assert proxy_for(url, environment) is None

    @pytest.mark.parametrize("no_proxy", ["github.com:80", "10.1.2.3:443", "[fd00::1]:1", ":443"])
    def test_of_another_port_is_not_for_it(self, no_proxy: str) -> None:
        environment = {"ALL_PROXY": "http://proxy", "NO_PROXY": no_proxy}
        for url in (GITHUB, "https://10.1.2.3:8443", "https://[fd00::1]"):
            assert proxy_for(url, environment) == "http://proxy"
