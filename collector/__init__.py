"""HTTP in: routes, decoding, one normaliser a dialect, enrichment."""
