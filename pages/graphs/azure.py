"""Graph 2, Azure: every resource with its state; it follows a run by itself."""

import time

from pages.components import drift, graph_gallery, graph_run
from services.graphs import azure

draft = graph_gallery.begin(
    "azure",
    "Every resource that the project has in Azure, the hidden ones too, and what needs what. It follows a run live.",
)
found = drift.told(draft.id)
layers = graph_run.switches(draft.id, ("status", "duration", *(("drift",) if found else ())))


def panel() -> None:
    """The graph as it is now."""
    plan, run = graph_run.seen(draft)
    problems = draft.parsed.problems if run is None else ()
    graph_gallery.show(
        "azure", azure.draw(plan, run, now=time.time(), layers=layers, problems=problems, drift=found), draft
    )


graph_gallery.live(graph_run.going_on(draft.id), panel)
graph_gallery.another(draft)
