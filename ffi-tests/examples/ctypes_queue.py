"""A producer and consumers in Python, through ctypes: no compiler, no package, only the shared library.

    python3 ctypes_queue.py [libringmill.so]

ctypes gives the interpreter's lock away during a call, so threads that wait in the library hold up nobody.
"""

import ctypes
import sys
import threading
from ctypes import POINTER, byref, c_char_p, c_int64, c_size_t, c_uint32, c_void_p

FOREVER = 2**63 - 1
OK, CLOSED = 0, 3


class ChannelOptions(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("elem_size", c_size_t),
        ("capacity", c_size_t),
        ("wait", c_uint32),
        ("flags", c_uint32),
    ]


class Message(ctypes.Structure):
    _fields_ = [("number", c_uint32), ("square", c_uint32)]


def load(path):
    library = ctypes.CDLL(path)
    for name, arguments, result in [
        ("ringmill_channel_options_init", [c_size_t, POINTER(ChannelOptions)], c_uint32),
        ("ringmill_channel_new", [POINTER(ChannelOptions), POINTER(c_void_p)], c_uint32),
        ("ringmill_channel_free", [c_void_p], None),
        ("ringmill_channel_send", [c_void_p, c_void_p, c_int64], c_uint32),
        ("ringmill_channel_recv", [c_void_p, c_int64, c_void_p], c_uint32),
        ("ringmill_channel_close", [c_void_p], c_uint32),
        ("ringmill_status_text", [c_uint32], c_char_p),
        ("ringmill_last_message", [], c_char_p),
    ]:
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


class Channel:
    """A channel of one ctypes structure."""

    def __init__(self, library, kind, capacity):
        self.library, self.kind, self.handle = library, kind, c_void_p()
        options = ChannelOptions()
        self.check(library.ringmill_channel_options_init(ctypes.sizeof(options), byref(options)))
        options.elem_size, options.capacity = ctypes.sizeof(kind), capacity
        self.check(library.ringmill_channel_new(byref(options), byref(self.handle)))

    def check(self, status):
        if status != OK:
            text = self.library.ringmill_status_text(status).decode()
            raise RuntimeError(f"{text}: {self.library.ringmill_last_message().decode()}")

    def send(self, value):
        self.check(self.library.ringmill_channel_send(self.handle, byref(value), FOREVER))

    def close(self):
        self.check(self.library.ringmill_channel_close(self.handle))

    def __iter__(self):
        while True:
            value = self.kind()
            status = self.library.ringmill_channel_recv(self.handle, FOREVER, byref(value))
            if status == CLOSED:
                return
            self.check(status)
            yield value

    def free(self):
        self.library.ringmill_channel_free(self.handle)


def main():
    channel = Channel(load(sys.argv[1] if len(sys.argv) > 1 else "libringmill.so"), Message, 16)
    sums = []

    def consume():
        sums.append(sum(message.square for message in channel if message.square == message.number**2))

    consumers = [threading.Thread(target=consume) for _ in range(2)]
    for consumer in consumers:
        consumer.start()
    for number in range(1, 1001):
        channel.send(Message(number, number**2))
    channel.close()
    for consumer in consumers:
        consumer.join()
    channel.free()
    print(sum(sums))
    if sum(sums) != 333_833_500:
        sys.exit("elements were lost or torn")


main()
