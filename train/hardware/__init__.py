"""What a fit computes on: Keras' backend, devices, 16-bit types, memory."""
