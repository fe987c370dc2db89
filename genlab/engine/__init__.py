"""The training engine: a recipe owns the state, updates change it, and the loop applies them once per turn.

All randomness is a function of (seed, images seen), and batch i is a function of (seed, i). No random state is saved, and a run that is
stopped and resumed equals the uninterrupted run bit for bit, whatever its caller draws or logs between two turns.
"""
