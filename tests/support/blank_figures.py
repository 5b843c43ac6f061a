#!/usr/bin/env python3
"""
Runs make_report.py with blank pictures, which are most of its time: everything else is the report's, the captions,
numbers, tables and the page.

blank_figures.py NAMES -c CODE | SCRIPT ARGUMENT...: what `python3 -c CODE` or `python3 SCRIPT ARGUMENT...` would do,
the SCRIPT being make_report.py. The figures NAMES ("rdf,thermo", or "") are drawn; of others there is a white PNG of
the same size and no PDF.
"""

import os
import runpy
import sys

names = sys.argv[1].split(",")
if sys.argv[2] == "-c":
    exec(sys.argv[3])
    sys.exit()
sys.argv = sys.argv[2:]
sys.path[0] = os.path.dirname(sys.argv[0])

import style  # noqa: E402
from PIL import Image  # noqa: E402

draw = style.write_pictures


def write_pictures(base, figure):
    if os.path.basename(base) in names:
        draw(base, figure)
        return
    if os.path.exists(base + ".pdf"):
        os.remove(base + ".pdf")
    Image.new("1", tuple(int(200 * inches) for inches in figure.get_size_inches()), 1).save(base + ".png")


style.write_pictures = write_pictures
runpy.run_path(sys.argv[0], run_name="__main__")
