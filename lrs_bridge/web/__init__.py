"""HTTP ↔ flows. No rules and no SQL."""
