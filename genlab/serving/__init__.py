"""What a released model needs to answer: numpy, Pillow and onnxruntime, without torch and without MLflow.

The registry ships a copy of this package in every model version, where it has another name. Its modules therefore import each other
relatively, and nothing else of genlab.
"""
