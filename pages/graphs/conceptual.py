"""Graph 3, Conceptual: from the data to the cloud, with the test on this machine in between."""

from pages.components import graph_gallery

draft = graph_gallery.begin(
    "conceptual",
    "The way of the model. It lights up as far as the model is; production stays locked until the test passed.",
)
graph_gallery.show("conceptual", graph_gallery.draw("conceptual", draft), draft, height=520)
graph_gallery.another(draft)
