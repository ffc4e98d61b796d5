"""Where names stand on a chart: beside the point that they name, on no other name, and on no vertical line."""

from __future__ import annotations

import numpy as np

from tui.report.charts.label_placement import Names


def test_a_remark_stands_behind_the_cursors_line_and_not_across_it() -> None:
    names = Names(40, 3, np.zeros((3, 40), dtype=bool), upright=[12])
    assert names.clear("lag 0 only", 3, 1) == (1, 14), "after the line, with a gap"
    assert names.clear("lag 0", 3, 0) == (0, 5), "before it, where that is wide enough"
    assert names.clear("lag 0 only", 3, 2, near=True) is None, "there is no room next to the point"
    assert names.clear("lag 0 only", 3, 2, near=True, crossing=True) == (2, 5), "unless it may cross"
