"""Evaluation of a trained recipe: typed scores with their protocol, and pictures. `genlab.evaluation.evaluate.evaluate` is the entry.

`scores` imports no heavy library, so that whatever only reads scores starts at once.
"""
