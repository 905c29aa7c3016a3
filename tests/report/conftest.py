from tests.quality.conftest import finished, opened

__all__ = ["finished", "opened"]
