"""The model of throughput, on costs that are made up."""

import pytest

from benchmarks.scale.model import (
    Cost,
    Kind,
    Scheduler,
    hours,
    mean_bytes,
    mean_cpu,
    most_workers,
    predict,
)

KINDS = (Kind("PNG", 3, 100.0, 0.004), Kind("DICOM", 1, 500.0, 0.012))
DASK = Scheduler("Dask", Cost(0.001, 0.0001), Cost(0.002, 0.0), 6.0, 10)


def test_means_are_over_files():
    assert mean_cpu(KINDS) == pytest.approx(0.006)
    assert mean_bytes(KINDS) == pytest.approx(200)


def test_few_workers_are_the_limit_and_many_are_not():
    assert DASK.coordinator.of_scan(10) == pytest.approx(0.0002)
    few, many = predict(DASK, 10, 0.0098), predict(DASK, 1000, 0.0098)
    assert (few.limit, many.limit) == ("workers", "coordinator")
    assert few.scans_per_second == pytest.approx(10 / 0.01)
    assert many.scans_per_second == pytest.approx(5000)
    assert most_workers(DASK, 0.0098) == pytest.approx(50)
    assert predict(DASK, 50, 0.0098).scans_per_second == pytest.approx(5000)


def test_what_one_machine_does_shares_its_cores():
    assert predict(DASK, 8, 0.0098, cores=2).limit == "cores"
    assert predict(DASK, 8, 0.0098, cores=2).scans_per_second == pytest.approx(2 / 0.0102)
    asleep = predict(DASK, 8, 0.0098, cores=2, busy=False)
    assert asleep.scans_per_second == pytest.approx(800)


def test_one_job_does_all_of_it_in_one_process():
    jobs = Scheduler("--jobs", Cost(scan=0.001), Cost(scan=0.0), in_one=True)
    assert predict(jobs, 1, 0.009).scans_per_second == pytest.approx(100)
    assert predict(jobs, 2, 0.009).scans_per_second == pytest.approx(2 / 0.009)


def test_the_start_counts():
    rate = predict(DASK, 10, 0.0098)
    assert hours(DASK, rate, 1000) == pytest.approx((6 + 1) / 3600)
