"""Colours of all plots: told apart by most colour-blind readers, and light from dark in grey.

Okabe and Ito 2008, "Color universal design". A plot never leaves it to colour alone: line style,
marker or hatch differ too.
"""

BLUE, ORANGE, BLACK = "#0072B2", "#E69F00", "#000000"
GREEN, PURPLE, SKY, VERMILION = "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
SERIES = (BLUE, ORANGE, BLACK, PURPLE, VERMILION, SKY, GREEN)
"""Of any number of series, in this order; neighbours differ in brightness."""
