"""Training steps in plain PyTorch, without genlab, one file per model, for benchmarks/peers.py.

Each has the structure of the best-known public implementation of its model: order of passes and optimizer steps, freezing of networks,
one pass per batch, memory format and logging. They are written from the papers and from that structure; no line is copied.
"""
