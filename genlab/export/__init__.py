"""Release of a trained recipe: safetensors and ONNX files, and the proof that ONNX computes what torch does."""
