"""Draw favicon.png and the PNG copies of the icons in both themes: the layout program reads sizes and pixels of PNG only.

Run it from the repository after changing an SVG: `python -m assets.icons.rasterise`. It needs Chromium ($CHROMIUM).
"""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from services.graphs.style import THEMES, Theme

HERE = Path(__file__).parent
SIZE = 72


def main() -> None:
    """Write every PNG beside its SVG."""
    with sync_playwright() as play:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        page = play.chromium.launch(executable_path=path, args=["--no-sandbox"]).new_page()
        for theme in THEMES.values():
            _theme(page, theme)
        _draw(page, HERE / "logo.svg", HERE / "favicon.png", "", 64)


def _theme(page: Page, theme: Theme) -> None:
    (HERE / theme.name).mkdir(exist_ok=True)
    for icon in sorted(HERE.glob("*.svg")):
        if icon.stem != "logo":
            _draw(page, icon, HERE / theme.name / f"{icon.stem}.png", theme.icon_colour(icon.stem), SIZE)


def _draw(page: Page, source: Path, target: Path, colour: str, size: int) -> None:
    svg = source.read_text().replace(
        "<svg ", f'<svg style="display:block;width:{size}px;height:{size}px;color:{colour}" ', 1
    )
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(f'<body style="margin:0;background:transparent">{svg}</body>')
    page.screenshot(path=target, omit_background=True)


if __name__ == "__main__":
    main()
