"""One pane of the overview each."""
