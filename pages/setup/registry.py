"""Step 3: the container registry: none, new or existing."""

from pages.components import choice, footer, graph_panel, page, steps

draft = page.begin(
    steps.REGISTRY,
    "Container registry",
    "It keeps the images that serve your model. With None, Azure makes one when the first image is built.",
)
footer.draw(draft, steps.REGISTRY)
form, side = graph_panel.columns()
with side:
    graph_panel.of_draft(draft)
with form:
    choice.draw(draft, choice.Part("container_registry", more=("sku",), checked="container_registry"))
