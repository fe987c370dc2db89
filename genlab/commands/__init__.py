"""The command line of the library, `genlab` or `python -m genlab`: one module per command.

Commands on release folders need numpy, Pillow and onnxruntime; torch is imported for checkpoints only.
"""
