"""One file a resource type. A new file here is a new type: `registry` finds it."""
