"""Models side by side: scored recipes of one image set and one protocol -> a page, Markdown and plots."""
