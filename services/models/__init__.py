"""From a model file to a release: what it is, the handler that answers with it, the test on this machine, the gate."""
