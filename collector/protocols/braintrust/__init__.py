"""Braintrust's logs: rows of spans that are merged by id, scores and comments among them."""
