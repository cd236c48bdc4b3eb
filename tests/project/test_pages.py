"""Every link and picture of the pages leads to a file that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r'\]\(([^)#\s]+)[^)]*\)|(?:src|srcset)="([^"]+)"')


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Addresses of the web are left alone."""
    links = [one or other for one, other in LINK.findall(page.read_text(encoding="utf-8"))]
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


def test_every_picture_is_shown() -> None:
    """A picture that no page shows would go stale unseen."""
    shown = " ".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = [picture.name for picture in (ROOT / "docs" / "pictures").glob("*.png")]
    assert [name for name in pictures if name not in shown] == []
