"""What is said of a file with several frames where one is wanted."""

CHOOSE = "choose one with --frame 1, 2, ..., or take all with --series"
