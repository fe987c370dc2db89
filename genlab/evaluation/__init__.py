"""Evaluation of a trained recipe: typed scores with their protocol, and pictures. The entry point is `genlab.evaluation.evaluate.evaluate`.

The module `scores` imports no heavy library, so that programs that only read scores start quickly.
"""
