"""Studies in which people judge images: their design, the page that participants see, and the analysis of their answers."""
