"""Run by `helm test` in the exporter's image: check that the service serves metrics."""

import os
import sys

import httpx

FAMILY = "github_billing_exporter_build_info"

url = os.environ["EXPORTER_URL"]
user = os.environ.get("EXPORTER_USER")
try:
    answer = httpx.get(
        url,
        auth=(user, os.environ["EXPORTER_PASSWORD"]) if user else None,
        verify=False,  # noqa: S501  (the name or the authority may not match)
        trust_env=False,
    )
except httpx.TransportError as error:
    sys.exit(f"{url}: {error}")
if answer.status_code == 401 and os.environ.get("EXPORTER_PASSWORD_UNKNOWN"):
    print(f"{url} requires a password, as expected; set serviceMonitor.basicAuth to test it")
elif not answer.is_success:
    sys.exit(f"{url} returns {answer.status_code}")
elif f"\n{FAMILY}{{" not in answer.text:
    sys.exit(f"{url} does not serve {FAMILY}")
else:
    print(f"{url} serves {FAMILY}")
