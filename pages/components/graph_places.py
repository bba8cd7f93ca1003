"""Where the graph pages are, for the frame's navigation and the header's link."""

from services.graphs import gallery

PAGES = {which: f"graphs/{which}.py" for which in gallery.GRAPHS}
TITLES = {PAGES[which]: f"{title} graph · Groundplan" for which, title in gallery.TITLES.items()}
FIRST = PAGES["general"]
