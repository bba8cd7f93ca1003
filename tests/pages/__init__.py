"""Pages: each alone with the real simulator behind it, and the whole walk in Chromium."""
