"""A consumer in Python, through ctypes: leases, acks, retries and dead letters, with only the shared library.

    python3 ctypes_consumer.py [libringmill.so]
"""

import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

OK, EMPTY = 0, 2
FOREVER = 2**63 - 1


class Message(Structure):
    _fields_ = [
        ("payload", c_char_p), ("payload_len", c_size_t), ("key", c_char_p), ("key_len", c_size_t),
        ("headers", c_void_p), ("headers_count", c_size_t), ("delay_ns", c_int64), ("due_at_ns", c_int64),
        ("ttl_ns", c_int64), ("dedup_id", c_char_p), ("dedup_id_len", c_size_t), ("priority", c_uint32),
        ("flags", c_uint32),
    ]


class Delivery(Structure):
    _fields_ = [
        ("payload", c_void_p), ("payload_len", c_size_t), ("key", c_void_p), ("key_len", c_size_t),
        ("epoch", c_uint32), ("partition", c_uint32), ("offset", c_uint64), ("attempts", c_uint32),
        ("deliveries", c_uint32), ("headers_count", c_uint32), ("deaths_count", c_uint32), ("priority", c_uint32),
        ("reserved", c_uint32), ("receipt", c_uint64 * 5),
    ]

    def text(self):
        """The payload, copied: the one in place is over when the delivery is settled."""
        return ctypes.string_at(self.payload, self.payload_len).decode()


lib = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else "libringmill.so")
lib.ringmill_last_message.restype = c_char_p
for name, arguments in {
    "ringmill_engine_new": [c_void_p, POINTER(c_void_p)],
    "ringmill_queue_new": [c_void_p, c_char_p, c_void_p, POINTER(c_void_p)],
    "ringmill_queue_producer_new": [c_void_p, POINTER(c_void_p)],
    "ringmill_queue_consumer_new": [c_void_p, POINTER(c_void_p)],
    "ringmill_enqueue": [c_void_p, POINTER(Message), c_void_p],
    "ringmill_dequeue": [c_void_p, c_int64, POINTER(Delivery)],
    "ringmill_ack": [c_void_p, POINTER(Delivery)],
    "ringmill_nack_after": [c_void_p, POINTER(Delivery), c_uint32, c_char_p, c_int64],
    "ringmill_queue_close": [c_void_p, c_void_p],
    "ringmill_queue_producer_free": [c_void_p],
    "ringmill_queue_consumer_free": [c_void_p],
    "ringmill_queue_free": [c_void_p],
    "ringmill_engine_free": [c_void_p],
}.items():
    getattr(lib, name).argtypes = arguments


def check(status):
    if status != OK:
        raise RuntimeError(f"{status}: {lib.ringmill_last_message().decode()}")


def made(function, *arguments):
    handle = c_void_p()
    check(function(*arguments, byref(handle)))
    return handle


engine = made(lib.ringmill_engine_new, None)
queue = made(lib.ringmill_queue_new, engine, b"fruit", None)
producer = made(lib.ringmill_queue_producer_new, queue)
consumer = made(lib.ringmill_queue_consumer_new, queue)
for text in (b"apples", b"pears", b"plums"):
    check(lib.ringmill_enqueue(producer, byref(Message(payload=text, payload_len=len(text))), None))
check(lib.ringmill_queue_close(queue, None))

eaten, delivery = [], Delivery()
while lib.ringmill_dequeue(consumer, FOREVER, byref(delivery)) == OK:
    text = delivery.text()
    if text == "pears" and delivery.attempts == 0:
        check(lib.ringmill_nack_after(consumer, byref(delivery), 0, b"not ripe", 1_000_000))
        continue
    eaten.append((text, delivery.deliveries))
    check(lib.ringmill_ack(consumer, byref(delivery)))

lib.ringmill_queue_producer_free(producer)
lib.ringmill_queue_consumer_free(consumer)
lib.ringmill_queue_free(queue)
lib.ringmill_engine_free(engine)
print(eaten)
sys.exit(sorted(eaten) != [("apples", 1), ("pears", 2), ("plums", 1)])
