"""A model that marks answers: which ones, what it is asked, what its marks mean. Only asking.py sends."""
