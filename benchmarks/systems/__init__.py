"""What is measured: model files, bare engines, and the Keras model."""
