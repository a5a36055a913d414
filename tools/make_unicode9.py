"""Writes pipeline/text/unicode9.h: which code points have a combining class, and which decompose,
in the edition of Unicode (9) by which the `tokenizers` library normalises text to NFC.

usage: make_unicode9.py > pipeline/text/unicode9.h      (needs: pip install tokenizers==0.22.2)
The library itself is asked, code point by code point: a combining mark between a letter and
another mark changes places with it, and a character that decomposes differs from its NFD form.
"""
import textwrap

from tokenizers import normalizers

NFC, NFD = normalizers.NFC().normalize_str, normalizers.NFD().normalize_str
OVERLAY, COMMA = '\u0334', '\u0315'  # combining classes 1 and 232


def is_mark(c):
    if NFD(c) != c:
        return False  # it never stays in a text
    return NFD('b' + c + OVERLAY) != 'b' + c + OVERLAY or NFD('b' + COMMA + c) != 'b' + COMMA + c


def ranges(holds):
    found = []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or not holds(chr(code)):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table(name, comment, rows):
    print(f'/* {comment} */\nstatic const code_range_t {name}[] = {{')
    cells = ' '.join(f'{{0x{a:04X},_0x{b:04X}}},' for a, b in rows)
    print(textwrap.fill(cells, 100, initial_indent='    ', subsequent_indent='    ').replace('_', ' '))
    print('};\n')


print('/* Made by tools/make_unicode9.py; do not edit. */')
print('#ifndef WN_TEXT_UNICODE9_H\n#define WN_TEXT_UNICODE9_H\n\n#include <stdint.h>\n')
print('typedef struct {\n    uint32_t first, last;\n} code_range_t;\n')
table('unicode9_marks', 'Code points of Unicode 9 with a combining class other than 0 (but for those that decompose).', ranges(is_mark))
table('unicode9_decomposing', 'Code points of Unicode 9 with a canonical decomposition, Hangul apart.',
      ranges(lambda c: not 0xAC00 <= ord(c) <= 0xD7A3 and NFD(c) != c))
print('#endif')
