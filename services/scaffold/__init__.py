"""The project's repository (graph 4): one description that is drawn as a graph and written as files."""

from services.scaffold.chosen import Chosen
from services.scaffold.describe import describe
from services.scaffold.tree import Call, File, Place, ScaffoldError, Tree
from services.scaffold.writing import write, zip_bytes

__all__ = ["Call", "Chosen", "File", "Place", "ScaffoldError", "Tree", "describe", "write", "zip_bytes"]
