"""Yinhe from Python through its C interface (Sources/CYinhe/include/yinhe.h), with ctypes and nothing else.

Only what the example needs; the other functions are called in the same way.
"""
import ctypes
import os
import shutil

ABI_VERSION = 1
CONNECTING, ACCEPTING = 0, 1
SENDER, RECEIVER = 0, 1
RECEIVER_LEARNS, BOTH_LEARN = 0, 1


def _library_path():
    """YINHE_LIBRARY, else beside the program `yinhe`, else where the loader looks."""
    program = shutil.which('yinhe')
    beside = os.path.join(os.path.dirname(os.path.realpath(program)), 'libyinhe-c.so') if program else ''
    return os.environ.get('YINHE_LIBRARY') or (beside if os.path.exists(beside) else 'libyinhe-c.so')


_library = ctypes.CDLL(_library_path())
_library.yinhe_abi_version.restype = ctypes.c_uint32
_library.yinhe_status_name.restype = ctypes.c_char_p
_library.yinhe_free.restype = None
_library.yinhe_free.argtypes = [ctypes.c_void_p]
if _library.yinhe_abi_version() != ABI_VERSION:
    raise ImportError(f'libyinhe-c has interface version {_library.yinhe_abi_version()}, this file needs {ABI_VERSION}')


class YinheError(Exception):
    """status: the name of the kind of error, such as "peer-mismatch"."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def _call(name, *arguments):
    """Calls a function whose last parameter is `char **message`."""
    message = ctypes.c_void_p()
    function = getattr(_library, name)
    function.restype = ctypes.c_int32
    status = function(*arguments, ctypes.byref(message))
    text = _take_text(message)
    if status != 0:
        raise YinheError(_library.yinhe_status_name(ctypes.c_int32(status)).decode(), text)


def _take_text(pointer):
    """Copies a text that the library handed out, and frees it."""
    if not pointer.value:
        return None
    try:
        return ctypes.string_at(pointer.value).decode()
    finally:
        _library.yinhe_free(pointer)


class _Handle:
    """An object of the library, freed at the end of a `with` block or with the Python object."""

    def __init__(self, handle):
        self._as_parameter_ = handle

    def close(self):
        handle, self._as_parameter_ = self._as_parameter_, ctypes.c_void_p()
        if handle.value:
            free = getattr(_library, self._free)
            free.restype, free.argtypes = None, [ctypes.c_void_p]
            free(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    __del__ = close


class Identity(_Handle):
    _free = 'yinhe_identity_free'

    @classmethod
    def generate(cls):
        handle = ctypes.c_void_p()
        _call('yinhe_identity_generate', ctypes.byref(handle))
        return cls(handle)

    @classmethod
    def load(cls, path, passphrase=None):
        handle = ctypes.c_void_p()
        secret = None if passphrase is None else passphrase.encode()
        _call('yinhe_identity_load', path.encode(), secret, ctypes.byref(handle))
        return cls(handle)

    def save(self, path, passphrase=None):
        _call('yinhe_identity_save', self, path.encode(), None if passphrase is None else passphrase.encode())

    @property
    def fingerprint(self):
        text = ctypes.c_void_p()
        _call('yinhe_identity_fingerprint', self, ctypes.byref(text))
        return _take_text(text)


class Channel(_Handle):
    _free = 'yinhe_channel_free'

    @classmethod
    def over(cls, sock, end, identity, peer):
        """TLS over a connected socket of Python's; the socket may be closed afterwards."""
        sock.settimeout(None)
        handle = ctypes.c_void_p()
        _call('yinhe_channel_adopt', ctypes.c_int32(sock.fileno()), ctypes.c_int32(end), identity, peer.encode(), ctypes.byref(handle))
        return cls(handle)

    def intersect(self, role, keys, kind, policy=BOTH_LEARN, minimum=0):
        """The indices of the keys that the peer has too, and the peer's number of distinct keys."""
        array = (ctypes.c_char_p * len(keys))(*[key.encode() for key in keys])
        matches, count, size = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_uint64()
        _call('yinhe_intersect', self, ctypes.c_int32(role), ctypes.c_int32(policy), kind.encode(), array, ctypes.c_size_t(len(keys)),
              ctypes.c_uint64(minimum), ctypes.byref(matches), ctypes.byref(count), ctypes.byref(size))
        if not matches.value:
            return [], size.value
        try:
            return list((ctypes.c_uint64 * count.value).from_address(matches.value)), size.value
        finally:
            _library.yinhe_free(matches)


def normalize(kind, key):
    """The canonical form of a join key; None for an empty one."""
    text = ctypes.c_void_p()
    _call('yinhe_normalize_key', kind.encode(), key.encode(), ctypes.byref(text))
    return _take_text(text)


def discrete_laplace(scale, count):
    samples = (ctypes.c_int64 * count)()
    _call('yinhe_discrete_laplace', str(scale).encode(), samples, ctypes.c_size_t(count))
    return list(samples)


class PaillierPrivateKey(_Handle):
    _free = 'yinhe_paillier_private_free'

    @classmethod
    def generate(cls, bits=2048):
        handle = ctypes.c_void_p()
        _call('yinhe_paillier_generate', ctypes.c_uint32(bits), ctypes.byref(handle))
        return cls(handle)

    @property
    def public(self):
        handle = ctypes.c_void_p()
        _call('yinhe_paillier_public_of', self, ctypes.byref(handle))
        return PaillierPublicKey(handle)

    def decrypt(self, ciphertexts, count):
        values = (ctypes.c_int64 * count)()
        _call('yinhe_paillier_decrypt', self, ciphertexts, ctypes.c_size_t(count), values)
        return list(values)


class PaillierPublicKey(_Handle):
    _free = 'yinhe_paillier_public_free'

    @classmethod
    def parse(cls, json):
        handle = ctypes.c_void_p()
        _call('yinhe_paillier_public_parse', json.encode(), ctypes.byref(handle))
        return cls(handle)

    @property
    def json(self):
        text = ctypes.c_void_p()
        _call('yinhe_paillier_public_json', self, ctypes.byref(text))
        return _take_text(text)

    @property
    def ciphertext_bytes(self):
        _library.yinhe_paillier_ciphertext_bytes.restype = ctypes.c_size_t
        return _library.yinhe_paillier_ciphertext_bytes(self)

    def encrypt(self, values):
        out = ctypes.c_void_p()
        _call('yinhe_paillier_encrypt', self, (ctypes.c_int64 * len(values))(*values), ctypes.c_size_t(len(values)), ctypes.byref(out))
        return self._take(out, len(values))

    def sum(self, ciphertexts):
        out = ctypes.c_void_p()
        _call('yinhe_paillier_sum', self, ciphertexts, ctypes.c_size_t(len(ciphertexts) // self.ciphertext_bytes), ctypes.byref(out))
        return self._take(out, 1)

    def _take(self, pointer, count):
        if not pointer.value:
            return b''
        try:
            return ctypes.string_at(pointer.value, count * self.ciphertext_bytes)
        finally:
            _library.yinhe_free(pointer)
