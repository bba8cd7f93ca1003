"""Whether the resources are still as the project asked for them: compared property by property, put back if wanted."""

from pages.components import drift, project_page

draft = project_page.begin(
    "drift",
    "Check now",
    "Reads every resource that Groundplan has created and compares it with what was asked for.",
)
drift.draw(draft)
