"""Graph 1, General: three layers and the DevOps platform."""

from pages.components import graph_gallery

draft = graph_gallery.begin(
    "general",
    "Data, learning and production, and the DevOps platform that spans them. Click a part to see and change it.",
)
graph_gallery.show("general", graph_gallery.draw("general", draft), draft)
graph_gallery.another(draft)
