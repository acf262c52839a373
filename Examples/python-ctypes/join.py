#!/usr/bin/env python3
"""One party of a private join between two Python programs. The guide is README.md.

    join.py key FILE                            makes a key and prints its fingerprint
    join.py listen PORT KEY PEER LIST.csv       the sender; PEER: the other party's fingerprint
    join.py connect PORT KEY PEER LIST.csv      the receiver
"""
import csv
import socket
import sys
import time

import yinhe


def listening(port):
    with socket.create_server(('127.0.0.1', port)) as server:
        return server.accept()[0]


def connecting(port):
    for _ in range(300):
        try:
            return socket.create_connection(('127.0.0.1', port))
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit(f'nobody answers on port {port}')


def join(role, port, key_file, peer, path):
    with open(path, newline='', encoding='utf-8') as file:
        header, *rows = csv.reader(file)
    is_sender = role == 'listen'
    identity = yinhe.Identity.load(key_file)
    with (listening if is_sender else connecting)(int(port)) as sock:
        end = yinhe.ACCEPTING if is_sender else yinhe.CONNECTING
        with yinhe.Channel.over(sock, end, identity, peer) as channel:
            matches, peer_size = channel.intersect(
                yinhe.SENDER if is_sender else yinhe.RECEIVER, [row[0] for row in rows], 'mobile')
    print(f'# {len(matches)} of {len(rows)} rows match; the peer has {peer_size} distinct keys')
    for index in matches:
        print(','.join(rows[index]))


def main(arguments):
    if len(arguments) == 2 and arguments[0] == 'key':
        identity = yinhe.Identity.generate()
        identity.save(arguments[1])
        print(identity.fingerprint)
    elif len(arguments) == 5 and arguments[0] in ('listen', 'connect'):
        join(*arguments)
    else:
        sys.exit(__doc__)


try:
    main(sys.argv[1:])
except yinhe.YinheError as error:
    sys.exit(f'{error.status}: {error}')
