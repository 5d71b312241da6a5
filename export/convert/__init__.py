"""From a Keras model to the bytes of a .tflite or .onnx file, heat map included."""
