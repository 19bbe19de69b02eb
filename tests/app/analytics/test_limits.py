"""The limits that a site may replace: the pipeline refuses every other name before anything is built."""

from __future__ import annotations

import pytest

from app.analytics.limits import LIMITS, limits
from pipeline.errors import SiteFileError
from pipeline.site import LIMIT_NAMES, read_site


def test_a_site_file_may_name_exactly_the_limits_that_there_are():
    assert set(LIMIT_NAMES) == {limit.name for limit in LIMITS}
    assert set(limits(dict.fromkeys(LIMIT_NAMES, 1.0))) == set(LIMIT_NAMES)


def test_a_misspelt_limit_is_named_while_the_site_file_is_read(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text("[thresholds]\nvoltage_deviation = 10.0\n")
    with pytest.raises(SiteFileError, match=r"voltage_deviation is no limit\. There is: voltage_deviation_mv"):
        read_site(path)
