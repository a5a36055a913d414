"""Writes pipeline/text/unicode16.h: the categories of characters in the edition of Unicode (16)
by which the `tokenizers` library matches regular expressions.

usage: make_unicode16.py > pipeline/text/unicode16.h    (needs: pip install tokenizers==0.22.2)
The library itself is asked which code points each property matches. Letters and numbers are
written whole; of the other categories only what came after Unicode 14, PCRE2's edition from 10.40
on, so this must run under a Python whose unicodedata is of that edition (3.11).
"""
import textwrap
import unicodedata

from tokenizers import Regex, pre_tokenizers

assert unicodedata.unidata_version == '14.0.0'
CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
CATEGORIES = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf'.split()


def matched(regex):
    split, found = pre_tokenizers.Split(Regex(regex), 'removed'), []
    for i in range(0, len(CODES), 4096):
        block = CODES[i:i + 4096]
        left = {c for part, _ in split.pre_tokenize_str(''.join(map(chr, block))) for c in part}
        found += [code for code in block if chr(code) not in left]
    return found


def ranges(codes):
    found = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table(declaration, comment, cells):
    print(f'/* {comment} */\nstatic const {declaration}[] = {{')
    text = ' '.join(cell.replace(' ', '_') + ',' for cell in cells)
    print(textwrap.fill(text, 100, initial_indent='    ', subsequent_indent='    ').replace('_', ' '))
    print('};\n')


later = []
for category in CATEGORIES:
    codes = matched(rf'\p{{{category}}}')
    known = {code for code in CODES if unicodedata.category(chr(code)) == category}
    assert known - set(codes) == ({0x1171E} if category == 'Mn' else set()), category  # now Mc
    later += [(a, b, category) for a, b in ranges([code for code in codes if code not in known])]

print('/* Made by tools/make_unicode16.py; do not edit. */')
print('#ifndef WN_TEXT_UNICODE16_H\n#define WN_TEXT_UNICODE16_H\n\n#include <stdint.h>\n')
print('typedef struct {\n    uint32_t first, last;\n} span16_t;\n')
print('typedef struct {\n    uint32_t first, last;\n    char category[3];\n} later_t;\n')
for name, regex in (('letters', r'\p{L}'), ('numbers', r'\p{N}')):
    table(f'span16_t unicode16_{name}', f'{regex} in Unicode 16.',
          [f'{{0x{a:04X}, 0x{b:04X}}}' for a, b in ranges(matched(regex))])
table('later_t unicode16_later', 'Characters added after Unicode 14, with their category.',
      [f'{{0x{a:04X}, 0x{b:04X}, "{c}"}}' for a, b, c in sorted(later)])
print('#endif')
