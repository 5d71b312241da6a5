"""Many machines, on Dask: --cluster. Loaded when it is asked for."""
