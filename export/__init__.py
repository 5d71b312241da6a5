"""Turn a training run into self-describing, proven .tflite and .onnx files: `python -m export`."""
