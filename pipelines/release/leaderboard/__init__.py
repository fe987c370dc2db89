"""The leaderboard of an image set: registered versions, best first, one table per protocol; as text, as a page, and in MLflow."""
