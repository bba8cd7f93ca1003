"""Measurements of what users wait for, as ratios against something in the same run."""
