"""What `helm test` runs in the exporter's image: the service serves the exporter's metrics."""

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
        verify=False,  # noqa: S501  (it may be for another name, by an authority unknown here)
        trust_env=False,
    )
except httpx.TransportError as error:
    sys.exit(f"{url}: {error}")
if answer.status_code == 401 and os.environ.get("EXPORTER_PASSWORD_UNKNOWN"):
    print(f"{url} asks for a password, as it should; serviceMonitor.basicAuth would give one")
elif not answer.is_success:
    sys.exit(f"{url} answers {answer.status_code}")
elif f"\n{FAMILY}{{" not in answer.text:
    sys.exit(f"{url} serves no {FAMILY}")
else:
    print(f"{url} serves {FAMILY}")
