"""The networks, their layers, their pretrained weights and what they cost."""
