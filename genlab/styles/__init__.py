"""What the styles of a style-based generator say of its images, and of others."""
