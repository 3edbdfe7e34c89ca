"""Draw a picture of each dashboard from a month of demo data: `make boards`.

Grafana's own components draw the committed JSON in a headless Chromium. There is no Grafana
server, so annotations, links and tooltips are missing.
"""

import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.support.dashboards import FOLDER
from tests.support.month_of_demo import NOW, remembered

ROOT = Path(__file__).parent.parent
SHOWN = {
    "overview": "enterprise",
    "accounts": "organization",
    "costs": "enterprise",
    "months": "enterprise",
    "teams": "enterprise",
    "actions": "organization",
    "workflows": "enterprise",
    "seats": "enterprise",
    "exporter": "organization",
}
"""Account type of each picture."""

_STEP = timedelta(hours=3)


def main() -> None:
    """Write ``docs/images/*.png``. Raises ``CalledProcessError`` if a panel cannot be drawn."""
    images = ROOT / "docs/images"
    images.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, remembered(Path(folder), _STEP) as url:
        for name, account_type in SHOWN.items():
            uid = f"github-billing-{name}"
            picture = str(images / f"{uid}.png")
            shot = ["node", str(ROOT / "grafana/draw/shot.mjs"), str(FOLDER / f"{uid}.json")]
            drawn = [*shot, picture, url, f"{NOW.timestamp():.0f}", account_type]
            subprocess.run(drawn, check=True)  # noqa: S603  (the project's own program)


if __name__ == "__main__":
    main()
