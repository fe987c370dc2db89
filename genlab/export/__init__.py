"""Release of trained recipes: safetensors and ONNX files, and a check that ONNX and PyTorch agree."""
