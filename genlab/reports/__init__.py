"""Pages that compare recipes: scores -> Markdown and pictures."""
