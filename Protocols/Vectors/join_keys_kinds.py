#!/usr/bin/env python3
"""Writes join-keys-kinds.json: vectors for resident-id/1, mobile/1, plate/1, container/1 and samples for uscc/1.

The rules of ../join-keys.md written a second time, in Python. Identity numbers, container numbers and credit codes are judged by
python-stdnum 2.2 too (pip install python-stdnum==2.2): the script stops where the two disagree without a reason named below.
The samples of python-stdnum's own tests are used as numbers, with the verdict that those tests state.
Identity numbers made here lie in divisions xx0000, which are nobody's.

    python3 join_keys_kinds.py > join-keys-kinds.json
"""
import datetime
import json
import random
import re

from stdnum import iso6346
from stdnum.cn import ric, uscc

PROVINCES = {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83}
PLATE_PROVINCES = '京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新'
SERIAL = '0-9A-HJ-NP-Z'


def fold(text):
    table = {c: c - 0xfee0 for c in range(0xff01, 0xff5f)}
    table |= {c: ' ' for c in [9, 0xa0, *range(0x2000, 0x200b), 0x202f, 0x205f, 0x3000]}
    table |= {c: '-' for c in [*range(0x2010, 0x2016), 0x2212]}
    table |= {c: None for c in [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff]}
    return text.translate(table).strip(' ')


def ascii_upper(text):
    return ''.join(c.upper() if c < '\x80' else c for c in text)


def without(text, separators):
    return ''.join(c for c in text.removeprefix("'") if c not in separators)


def resident_id(text):
    text = ascii_upper(without(text, ' -'))
    if len(text.encode()) not in (15, 18):
        return 'length'
    if len(text) == 15 and re.fullmatch('[0-9]{15}', text):
        century = '18' if text[12:] in ('996', '997', '998', '999') else '19'
        text = text[:6] + century + text[6:]
        weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        text += '10X98765432'[sum(w * int(c) for w, c in zip(weights, text)) % 11]
    if not re.fullmatch('[0-9]{17}[0-9X]', text):
        return 'character'
    if int(text[1:3] if text[0] == '9' else text[:2]) not in PROVINCES:
        return 'division'
    try:
        year = datetime.date(int(text[6:10]), int(text[10:12]), int(text[12:14])).year
    except ValueError:
        return 'birthDate'
    if not 1800 <= year <= 2099:
        return 'birthDate'
    return [text] if ric.calc_check_digit(text) == text[17] else 'check'


def mobile(text):
    text = without(text, ' -()')
    found = re.match(r'\+86|0086|86(?=[\s\S]{11}$)', text)
    if not found and re.match(r'\+|00', text):
        return 'prefix'
    text = text[found.end():] if found else text
    if not re.fullmatch('[0-9]*', text):
        return 'character'
    if len(text) != 11:
        return 'length'
    return [text] if re.match('1[3-9]', text) else 'prefix'


def plate(text):
    text = ascii_upper(without(text, ' -.·•‧∙⋅・･'))
    if len(text) not in (7, 8):
        return 'length'
    if text[0] == '使':
        return 'length' if len(text[1:].encode()) != 6 else [text] if re.fullmatch('[0-9]{6}', text[1:]) else 'character'
    if text[0] not in PLATE_PROVINCES or not re.match('[A-HJ-Z]', text[1]):
        return 'division'
    if len(text) == 8 and len(text[2:].encode()) != 6:
        return 'character'
    for place, c in enumerate(text[2:]):
        if c in 'IO':
            return 'ambiguousLetter'
        if not re.match(f'[{SERIAL}]', c) and not (len(text) == 7 and place == 4 and c in '挂学警港澳领'):
            return 'character'
    new_energy = f'[A-HJK][{SERIAL}][0-9]{{4}}|[0-9]{{5}}[A-HJK]'
    return [text] if len(text) == 7 or re.fullmatch(new_energy, text[2:]) else 'serial'


def container(text):
    text = ascii_upper(without(text, ' -./()[]'))
    if len(text.encode()) != 11:
        return 'length'
    if not re.fullmatch('[A-Z]{4}[0-9]{7}', text):
        return 'character'
    if text[3] not in 'UJZR':
        return 'category'
    return [text] if iso6346.calc_check_digit(text[:10]) == text[10] else 'check'


RULES = {'resident-id/1': resident_id, 'mobile/1': mobile, 'plate/1': plate, 'container/1': container}
vectors = []


def add(kind, raw, note=None):
    folded = fold(raw)
    outcome = RULES[kind](folded) if folded else None
    entry = {'normalizer': kind, 'raw': raw}
    if not folded:
        entry |= {'outcome': 'empty'}
    elif isinstance(outcome, list):
        entry |= {'outcome': 'valid', 'value': outcome[0]}
    else:
        entry |= {'outcome': 'malformed', 'reason': outcome}
    if note:
        entry['note'] = note
    vectors.append(entry)
    value = outcome[0] if isinstance(outcome, list) else folded
    if kind == 'container/1':
        assert iso6346.is_valid(value) == isinstance(outcome, list), raw
    # python-stdnum's list of divisions lacks the permits of 83 and the cards of 9.
    if kind == 'resident-id/1' and value[:2] not in ('83',) and value[:1] != '9':
        assert ric.is_valid(value) == isinstance(outcome, list), (raw, value)


def sample(kind, raw, value, reason=None):
    vectors.append({'normalizer': kind, 'raw': raw, 'outcome': 'valid' if value else 'malformed'}
                   | ({'value': value} if value else {'reason': reason}) | {'note': 'sample of python-stdnum'})
    oracle = {'uscc/1': uscc, 'resident-id/1': ric, 'container/1': iso6346}[kind]
    assert oracle.is_valid(raw) == bool(value), raw


def wide(text):
    return ''.join(chr(ord(c) + 0xfee0) if '!' <= c <= '~' else '\u3000' if c == ' ' else c for c in text)


def resident(rng, division, year=None):
    day = datetime.date(year or rng.randint(1998, 2030), rng.randint(1, 12), rng.randint(1, 28))
    text = f'{division}{day:%Y%m%d}{rng.randint(0, 999):03d}'
    return text + ric.calc_check_digit(text + '0')


def samples():
    for number, value in [('360426199101010071', 1), ('44011320141005001x', 1), ('412723199010050012', 1), ('110102199101010078', 1),
                          ('120110199212010072', 1)]:
        sample('resident-id/1', number, number.upper())
    for number, reason in [('T60426199101010078', 'character'), ('360426199113010079', 'birthDate'),
                           ('36042619910102009X', 'check'), ('990426199112010074', 'division')]:
        sample('resident-id/1', number, None, reason)
    for number in ['CSQU3054383', 'csqu3054383', 'csQU3054383', 'tcnu7200794', 'tolu4734787', 'GYOU4047990', 'tasu117 000 0']:
        sample('container/1', number, number.upper().replace(' ', ''))
    for number, reason in [('CSQU3054384', 'check'), ('CSQU305438', 'length'), ('CSQU3054Z83', 'character')]:
        sample('container/1', number, None, reason)
    for number in ('91110000600037341L 121200004013590816 91110000710926094P 91120224064012553U 911522010783710635 '
                   '9115220107837757XE 9115220107837941X1 91310000631696382C 91310115MA1K3BTP2B 9131012056010553X5 '
                   '91340600MA2PBM9HXD 91340600MA2PBP2120 91340603MA2UJXXCXF 91340621MA2PBPLU08 913505007821784439 '
                   '9144030071526726XG 91620105L015101280 91620105MA71T4YW8Q').split():
        sample('uscc/1', number, number)
    sample('uscc/1', '91 110000 600037341L', '91110000600037341L')
    for number, reason in [('12345', 'length'), ('9111000060003IOZSV', 'character'), ('91110000600037341N', 'check')]:
        sample('uscc/1', number, None, reason)


def resident_ids(rng):
    for division in ['110000', '230000', '370000', '460000', '500000', '540000', '650000', '710000']:
        number = resident(rng, division)
        add('resident-id/1', number)
        add('resident-id/1', wide(number))
        add('resident-id/1', number.lower())
        place = rng.randrange(17)
        add('resident-id/1', number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1:])
    number = resident(rng, '110000', 1988)
    for raw in [f' {number} ', f'{number[:6]} {number[6:14]} {number[14:]}', f'{number[:6]}-{number[6:14]}-{number[14:]}', f"'{number}",
                f'＇{wide(number)}', f'\t{number}\u200b', number[:17], number + '0', '', '\u3000', "'", number[:10] + 'X' + number[11:],
                number[:17] + 'Y', number[:17] + '\u00d7']:
        add('resident-id/1', raw)
    for end in ('001', '995', '996', '997', '998', '999', '000'):
        add('resident-id/1', '1100008803' + '15'[:2] + end, '15 digits')
    for raw in ['1100008802' + '30001', '99000088031' + '5001', '11000088031500X', '١١٠٠٠٠', '110000 880315 001', wide('110000880315001')]:
        add('resident-id/1', raw)
    for date in ['19000229', '20000229', '20230229', '20240229', '18000101', '17991231', '20991231', '21000101', '19990431', '19991301',
                 '19990001', '19990100']:
        text = '110000' + date + '123'
        if '1800' <= date[:4] < '2100':
            add('resident-id/1', text + ric.calc_check_digit(text + '0'))
        else:
            vectors.append({'normalizer': 'resident-id/1', 'raw': text + ric.calc_check_digit(text + '0'), 'outcome': 'malformed',
                            'reason': 'birthDate', 'note': 'python-stdnum has no bounds for the year'})
    for division in ['830000', '911124', '990000', '980000', '160000', '000000', '550000', '913840']:
        add('resident-id/1', resident(rng, division))
    for text in ['11000019880315' + f'{i:03d}' for i in range(300, 311)]:
        add('resident-id/1', text + ric.calc_check_digit(text + '0'))


def mobiles(rng):
    for second in range(10):
        add('mobile/1', f'1{second}' + f'{rng.randrange(10 ** 9):09d}')
    n = '13800000000'
    for raw in [n, wide(n), f'+86{n}', f'+86 {n}', f'+86-{n[:3]}-{n[3:7]}-{n[7:]}', f'0086{n}', f'0086-{n}', f'86{n}', f'86 {n}',
                f'(+86) {n}', f'（＋８６）{wide(n)}', f"'{n}", f' {n}\t', f'{n[:3]} {n[3:7]} {n[7:]}', f'\ufeff{n}', f'{n[:3]}－{n[3:]}',
                f'{n}.0', '1380000000.0', '1.38E+10', '1.38e10', n[:10], n + '0', f'+852 {n[:8]}', '+1 4155550100', '0013800000000',
                '01062345678', '8613', '86' + n[:10], '86' + n + '0', '86' + '23800000000', '+86', '+', '0086', '', '　', '"', "''" + n,
                '１３８ｘ0000000', '138*****000', '12800000000', '19900000000', '+8686' + n, '(138)00000000', '138\u00a00000\u00a00000']:
        add('mobile/1', raw)


def plates(rng):
    serial = '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'
    for province in PLATE_PROVINCES:
        add('plate/1', province + rng.choice('ABCDEFGH') + ''.join(rng.choice(serial) for _ in range(5)))
    for raw in ['京A12345', '京a12345', '京Ａ１２３４５', '京A·12345', '京A•12345', '京A・12345', '京A･12345', '京A-12345', '京A 12345', '京A.12345',
                '京A．12345', ' 京A12345　', "'京A12345", '京A‧12345', '京A∙12345', '京A⋅12345', '京·A·12345', '京O12345', '京I12345',
                '京AI2345', '京AO2345', '京A1234O', '京A1234I', '京a1234o', '京A1234', '京A123456', '京A1234挂', '京A1234学', '京A0001警',
                '粤Z1234港', '粤Z1234澳', '沪A1234领', '沪A1234使', '使014578', '使014·578', '使01457', '使0145789', '使01457A', '使01457挂',
                '京挂12345', '京A123挂4', '京A挂1234', '京京A1234', 'AA12345', 'A京12345', '港A12345', 'WJ12345', '空A12345', '军A12345',
                '京AD12345', '京AF12345', '京ADA1234', '京ADZ1234', '京AK12345', '京AA12345', '京AB12345', '京AL12345', '京AI12345',
                '京ADI1234', '京ADO1234', '京AD1234A', '京A12345D', '京A12345F', '京A12345K', '京A12345L', '京A1234DF', '京ADD1234',
                '京AD1A345', '沪ad·12345', '京AD1234挂', '京A12345挂', '京AD12345挂', '', ' ', '·', '京', '12345', '京A1234é', '京A123é5',
                '京A12😀45', '😀A12345', '京é12345', '京1A2345', '京A12345\u200b', '京A.1.2.3.4.5', '京A/12345', '京-A12345', '京Aⅰ2345']:
        add('plate/1', raw)


def containers(rng):
    for _ in range(24):
        text = ''.join(rng.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ') for _ in range(3)) + rng.choice('UJZR') + f'{rng.randrange(10 ** 6):06d}'
        number = text + iso6346.calc_check_digit(text)
        add('container/1', number)
        add('container/1', number[:10] + str((int(number[10]) + 1) % 10))
        swapped = number[:5] + number[6] + number[5] + number[7:]
        add('container/1', swapped)
    n = 'CSQU3054383'
    for raw in [wide(n), 'CSQU 305438 3', 'CSQU-305438-3', 'CSQU 305438/3', 'CSQU 305438[3]', 'CSQU305438(3)', 'csqu.3054383', f"'{n}",
                f' {n}\u3000', 'ＣＳＱＵ　３０５４３８－３', 'CSQA3054383', 'CSQJ3054383', 'CSQU30543833', '3054383CSQU', 'CSQ43054383', 'CS1U3054383',
                'CSQU30543８3', 'CSQU305438O', 'CSQU3O54383', '', '　', '/', 'CSQU3054383\u200b', 'ÇSQU305438', 'CSQU305438３', 'CSQU_3054383']:
        add('container/1', raw)


rng = random.Random(6346)
samples()
resident_ids(rng)
mobiles(rng)
plates(rng)
containers(rng)
provenance = ('Made by join_keys_kinds.py from a second implementation of join-keys.md in Python; identity numbers, container numbers and '
              'credit codes judged by python-stdnum 2.2 as well. Entries noted as its samples are numbers of its test files '
              '(LGPL 2.1 or later; the numbers are facts, no text was taken).')
print('{\n  "provenance": ' + json.dumps(provenance) + ',\n  "vectors": [')
print(',\n'.join('    ' + json.dumps(v, ensure_ascii=False) for v in vectors))
print('  ]\n}')
