"""Groundplan's services: everything that the pages and the command line share. Nothing here imports streamlit."""

__version__ = "0.1.0"
