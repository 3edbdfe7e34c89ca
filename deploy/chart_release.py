"""Files of the chart that differ in a release, which names the image that is published with it."""

import posixpath
import re
from collections.abc import Iterable, Mapping

from deploy import chart_metadata, chart_readme, project
from deploy.chart_readme import CHART
from exporter import __version__

_FOLDER = f"deploy/helm/{CHART.name}"
_INSTALL = re.compile(r"<!-- install: begin -->\n.*<!-- install: end -->\n", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
_STEPS = f"""\
Put a token in a file, to keep it out of the shell's history, and set the name of an account:

```sh
kubectl create secret generic github-billing --from-file=token=FILE
helm install {CHART.name} {project.CHARTS}/{CHART.name} --version {__version__} \\
  --set github.existingSecret=github-billing --set 'config.organizations={{acme}}'
helm test {CHART.name}
```
"""
_IMAGE = {
    '  registry: ""\n': f"  registry: {project.REGISTRY}\n",
    f"  repository: {CHART.name}\n": f"  repository: {project.IMAGE}\n",
}


def files(changes: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the texts by path in the chart. ``changes`` have kinds, such as ``Added``."""
    values = (CHART / "values.yaml").read_text("utf-8")
    for line, published in _IMAGE.items():
        values = values.replace(line, published)
    readme = _INSTALL.sub(lambda _: _STEPS, (CHART / "README.md").read_text("utf-8"))
    return {
        "Chart.yaml": chart_metadata.released(changes),
        "values.yaml": values,
        "README.md": chart_readme.readme(_LINK.sub(_absolute, readme), values),
    }


def _absolute(link: re.Match[str]) -> str:
    return f"]({project.FILES}/{posixpath.normpath(posixpath.join(_FOLDER, link[1]))}"
