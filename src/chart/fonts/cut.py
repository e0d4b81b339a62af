#!/usr/bin/env python3
"""Cuts the two chart fonts out of Debian's Noto Sans CJK.

Needs the Debian packages fonts-noto-cjk and unicode-data, and fontTools from PyPI:

    apt-get install fonts-noto-cjk unicode-data
    python3 -m venv /tmp/cut && /tmp/cut/bin/pip install fonttools
    /tmp/cut/bin/python src/chart/fonts/cut.py

Kept: the 8,105 characters of the 通用规范汉字表 (the kTGH field of Unihan), all of GB 2312, Latin, Greek, Cyrillic,
general and CJK punctuation, figures, currency signs, arrows and the geometric signs a report may print.
Dropped: hinting, vertical setting, the forms of other regions, and every other layout feature but kerning,
composition and the standard ligatures.
"""

import argparse
import bz2
import pathlib

from fontTools import subset
from fontTools.ttLib import TTCollection

SIMPLIFIED_CHINESE = "Noto Sans CJK SC"
RANGES = [
    (0x0020, 0x007E), (0x00A0, 0x024F),          # Latin
    (0x02C6, 0x02DD), (0x0370, 0x03FF),          # modifiers, Greek
    (0x0400, 0x052F), (0x1E00, 0x1EFF),          # Cyrillic, Vietnamese and other Latin
    (0x2000, 0x206F), (0x2070, 0x209F),          # punctuation, superscripts
    (0x20A0, 0x20BF), (0x2100, 0x214F),          # currency, letter-like signs
    (0x2150, 0x218F), (0x2190, 0x21FF),          # fractions, arrows
    (0x2200, 0x22FF), (0x2460, 0x24FF),          # mathematics, figures in circles
    (0x25A0, 0x25FF), (0x2600, 0x2606),          # geometric signs, stars
    (0x3000, 0x303F), (0xFF01, 0xFF5E), (0xFFE0, 0xFFE6),  # Chinese punctuation, full width
]


def general_standard(unihan):
    """The characters of the 通用规范汉字表, from Unihan's kTGH field."""
    with bz2.open(unihan, "rt", encoding="utf-8") as lines:
        return {int(line.split("\t")[0][2:], 16) for line in lines if "\tkTGH\t" in line}


def gb2312():
    """Every character that GB 2312 can write."""
    found = set()
    for first in range(0xA1, 0xF8):
        for second in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([first, second]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def cut(source, target, wanted):
    """Writes the Simplified Chinese face of the collection `source`, cut to `wanted`, to `target`."""
    faces = TTCollection(source).fonts
    face = next(f for f in faces if f["name"].getDebugName(1) == SIMPLIFIED_CHINESE)
    have = set(face.getBestCmap())
    options = subset.Options()
    options.layout_features = ["ccmp", "kern", "liga", "mark", "mkmk"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "DSIG"]
    options.notdef_outline = True
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted & have)
    cutter.subset(face)
    subset.save_font(face, target, options)
    han = [c for c in sorted(wanted - have) if 0x3400 <= c <= 0x9FFF or c >= 0x20000]
    size = pathlib.Path(target).stat().st_size
    print(f"{target}: {len(wanted & have)} characters, {size:,} bytes, hanzi not in the source: {len(han)}")
    print("".join(chr(c) for c in han))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noto", default="/usr/share/fonts/opentype/noto")
    parser.add_argument("--unihan", default="/usr/share/unicode/Unihan_OtherMappings.txt.bz2")
    parser.add_argument("--out", default=str(pathlib.Path(__file__).parent))
    arguments = parser.parse_args()
    standard = general_standard(arguments.unihan)
    if len(standard) != 8105:
        raise SystemExit(f"expected 8,105 characters in kTGH, found {len(standard)}")
    wanted = standard | gb2312() | {c for low, high in RANGES for c in range(low, high + 1)}
    for weight in ("Regular", "Bold"):
        cut(f"{arguments.noto}/NotoSansCJK-{weight}.ttc", f"{arguments.out}/NotoSansCJKsc-{weight}.otf", wanted)


if __name__ == "__main__":
    main()
