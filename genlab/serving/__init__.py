"""Inference of released models with numpy, Pillow and onnxruntime, without torch and MLflow.

Every registered model version contains a copy of this package under another name. Its modules therefore import each other relatively
and import nothing else of genlab.
"""
