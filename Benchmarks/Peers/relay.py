"""Counts the bytes between two parties: a TCP relay on loopback, for one extra run whose time is not reported."""

import socket
import threading
import time


class Relay:
    """Accepts on `port` and connects on to `target`, as often as it is asked to, until `close`."""

    def __init__(self, target):
        self.target = target
        self.bytes = 0
        self.lock = threading.Lock()
        self.closed = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closed = True
        self.listener.close()

    def _accept(self):
        while not self.closed:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        deadline = time.monotonic() + 120
        while True:
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
                break
            except OSError:
                if self.closed or time.monotonic() > deadline:
                    near.close()
                    return
                time.sleep(0.02)
        threading.Thread(target=self._copy, args=(near, far), daemon=True).start()
        self._copy(far, near)

    def _copy(self, source, sink):
        try:
            while block := source.recv(1 << 18):
                sink.sendall(block)
                with self.lock:
                    self.bytes += len(block)
        except OSError:
            pass
        for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            try:
                end.shutdown(how)
            except OSError:
                pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
