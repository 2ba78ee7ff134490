"""Many songs: one table, worker processes or a Dask cluster, a report page, a dataset."""
