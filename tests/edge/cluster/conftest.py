from tests.edge.remote.conftest import moto, s3  # noqa: F401
