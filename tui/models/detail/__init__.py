"""What the detail pane says of a span: one module a tab, each a pure function from the span to blocks."""
