"""Graph 3, Conceptual: from the data to the cloud, with the test on this machine in between."""

from pages.components import graph_gallery
from services.models import progress

draft = graph_gallery.begin(
    "conceptual",
    "The way of the model. It lights up as far as the model is; production stays locked until the test passed.",
)
graph = graph_gallery.draw("conceptual", draft, model=progress.of_project(draft.id))
graph_gallery.show("conceptual", graph, draft, height=520)
graph_gallery.another(draft)
