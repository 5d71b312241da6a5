"""An ONNX graph from elsewhere, rebuilt of Keras layers."""
