"""ONNX models of functions."""
