"""ARM templates: the expression language, and templates read with it.  Running them is the deployments' own."""
