"""Keys and signatures of model files, for trust stores of devices."""
