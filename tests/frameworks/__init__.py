"""Tests with PyTorch, Keras and MLflow, which are too large for `make test`: `make test-frameworks` runs them."""
