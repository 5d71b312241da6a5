"""What the machine is and can do at best, and a model's roofline."""
