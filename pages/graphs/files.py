"""Graph 4, Files: the project's repository as boxes, as a tree, as files, as a zip."""

import time

from pages.components import graph_files, graph_gallery
from services.graphs import files
from services.models import repository
from services.plan import build_plan

draft = graph_gallery.begin(
    "files", "The repository of this project: what each file is for, where it runs, and who calls whom."
)
tree = repository.tree_of(draft.config, draft.id)
graph_files.left_out(repository.left_out(draft.config, draft.id))
graph_files.take(tree)
graph = files.of_tree(tree, build_plan(draft.config), now=time.time())
picked = graph_gallery.show("files", graph, draft, actions=graph_files.actions(tree), height=760)
graph_files.show(tree, picked)
graph_files.draw(tree)
graph_gallery.another(draft)
