"""Bring a model file: upload it or take a sample, see what it is, and whether it may be loaded."""

from pages.components import (
    model_page,
    upload_arrivals,
    upload_card,
    upload_earlier,
    upload_samples,
    upload_view,
)
from services.models import records

draft = model_page.begin(
    "upload",
    "Model file",
    "Bring the file of a trained model. You see what it is and whether it is safe to load; none of it is run for that.",
)
models = records.every(draft.id)
upload_view.upload_view(draft.id, quiet=bool(models))
upload_arrivals.draw(draft.id)
if models:
    upload_card.draw(models[0])
upload_earlier.draw(models)
upload_samples.draw(draft.id, folded=bool(models))
