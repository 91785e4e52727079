"""The daily and the weekly report: what is gathered for them, and how it is written down."""
