"""int8: the representative dataset, calibration methods, layers kept in float."""
