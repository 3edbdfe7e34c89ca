"""Hooks of mkdocs.yml: the site has the repository's pages, under their paths there.

So a link between pages is the same on the site and at GitHub. A link to another file of the
repository leads to GitHub.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from deploy.project import FILES, REPOSITORY
from deploy.prometheus.alerts import GROUPS, PREFIX

_PAGES = ("*.md", "docs/**/*.md", "deploy/**/*.md", "examples/**/*.md")
_ASSETS = ("docs/*.css", "docs/*.json", "docs/images/*", "examples/**/*.yaml")
_LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
_CODE = re.compile(r"`[^`\n]+`")
_NAME = re.compile(r"(?<=<code>)\w+(?=</code>)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add every runbook to the navigation, by area, and the repository to the footer.

    The theme's own link to a repository would ask api.github.com for its stars.
    """
    (alerts,) = (part["Alerts"] for part in config.nav or () if "Alerts" in part)
    for title, area in (("The bill", "bill"), ("The exporter", "exporter")):
        names = [each.name for group in GROUPS if group.area == area for each in group.alerts]
        pages = [{name: f"docs/runbooks/{PREFIX}{name}.md"} for name in sorted(names)]
        alerts.append({title: pages})
    config.extra["social"] = [{"icon": "fontawesome/brands/github", "link": REPOSITORY}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the theme's files and the repository's pages and images."""
    root = _root(config)
    ours = [
        File(str(path.relative_to(root)), str(root), config.site_dir, config.use_directory_urls)
        for pattern in (*_PAGES, *_ASSETS)
        for path in sorted(root.glob(pattern))
    ]
    return Files([*(file for file in files if file.src_dir != config.docs_dir), *ours])


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    r"""Return the page with links to GitHub for files that the site does not have.

    GitHub needs ``\|`` for a pipe in code in a table, where Python-Markdown shows the backslash.
    """

    def replaced(link: re.Match[str]) -> str:
        folder = posixpath.dirname(page.file.src_uri)
        path = posixpath.normpath(posixpath.join(folder, link[1]))
        if path in files.src_uris or not (_root(config) / path).exists():
            return link[0]
        return f"]({FILES}/{path}{link[2] or ''})"

    piped = _CODE.sub(lambda code: code[0].replace(r"\|", "|"), markdown)
    return _LINK.sub(replaced, piped)


def on_page_content(html: str, **_: object) -> str:
    """Return the page with names that break after an underscore."""
    return _NAME.sub(lambda name: name[0].replace("_", "_<wbr>"), html)


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).parent
