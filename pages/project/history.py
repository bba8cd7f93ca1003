"""Every run of a project: what it did, how it ended, when, how long, by whom."""

from pages.components import history, project_page

draft = project_page.begin(
    "history",
    "History",
    "Every run of this project is kept: what it did, how it ended, and what Azure answered.",
)
history.draw(draft.id)
