"""One pure normaliser a dialect: raw records in, canonical spans out."""
