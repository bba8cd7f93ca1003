"""Drawing: a plan (and a run of it) becomes a graph, and a graph becomes SVG, PNG, DOT or Mermaid."""
