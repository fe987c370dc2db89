"""Texts of common licences, for archives that do not contain that of their data."""
