//! Elements in and out by copy.

use std::collections::VecDeque;
use std::format;
use std::vec::Vec;

use super::*;

const KINDS: [u32; 2] = [RINGMILL_RING_KIND_MPMC, RINGMILL_RING_KIND_SPSC];
const SIZES: &[usize] =
    if cfg!(miri) { &[1, 8, 24] } else { &[1, 2, 3, 4, 7, 8, 16, 24, 32, 64, 100] };
const STEPS: usize = if cfg!(miri) { 60 } else { 600 };

/// An element of this size, with the number in all of its bytes.
fn element(size: usize, number: usize) -> Vec<u8> {
    (0..size).map(|byte| (number * 31 + byte) as u8).collect()
}

#[test]
fn a_ring_does_what_a_queue_of_that_capacity_does() {
    for kind in KINDS {
        for &size in SIZES {
            for capacity in [1, 2, 3, 7, 8] {
                let ring = new_ring(&ring_options(size, capacity, kind));
                let mut model = VecDeque::new();
                let mut next = 0;
                for step in 0..STEPS {
                    let count = step % 5;
                    let elems: Vec<u8> =
                        (next..next + count).flat_map(|number| element(size, number)).collect();
                    let room = capacity - model.len();
                    // SAFETY: the ring is alive, the buffers as long as their counts.
                    let pushed = unsafe {
                        match step % 3 {
                            0 => {
                                let (status, n) = written(|out| {
                                    ringmill_ring_push_burst(
                                        ring,
                                        elems.as_ptr().cast(),
                                        count,
                                        out,
                                    )
                                });
                                let expected = count.min(room);
                                assert_eq!(n, expected);
                                let none = expected == 0 && count > 0;
                                assert_eq!(status, if none { Status::Full } else { Status::Ok });
                                n
                            }
                            1 => {
                                let status =
                                    ringmill_ring_push_bulk(ring, elems.as_ptr().cast(), count);
                                let expected = match count {
                                    _ if count > capacity => Status::InvalidArgument,
                                    _ if count > room => Status::Full,
                                    _ => Status::Ok,
                                };
                                assert_eq!(status, expected);
                                if status == Status::Ok { count } else { 0 }
                            }
                            _ if count == 0 => 0,
                            _ => {
                                let status = ringmill_ring_push(ring, elems.as_ptr().cast());
                                assert_eq!(
                                    status,
                                    if room == 0 { Status::Full } else { Status::Ok }
                                );
                                room.min(1)
                            }
                        }
                    };
                    model.extend((next..next + pushed).map(|number| element(size, number)));
                    next += pushed;
                    let there = model.len();
                    // SAFETY: the ring is alive.
                    assert_eq!(unsafe { ringmill_ring_len(ring) }, there);

                    let count = step % 4;
                    let mut out = std::vec![0; size * count.max(1)];
                    // SAFETY: as above.
                    let popped = unsafe {
                        match step / 3 % 3 {
                            0 => {
                                let (status, n) = written(|n| {
                                    ringmill_ring_pop_burst(ring, count, out.as_mut_ptr().cast(), n)
                                });
                                assert_eq!(n, count.min(there));
                                let none = n == 0 && count > 0;
                                assert_eq!(status, if none { Status::Empty } else { Status::Ok });
                                n
                            }
                            1 => {
                                let status =
                                    ringmill_ring_pop_bulk(ring, count, out.as_mut_ptr().cast());
                                let expected = match count {
                                    _ if count > capacity => Status::InvalidArgument,
                                    _ if count > there => Status::Empty,
                                    _ => Status::Ok,
                                };
                                assert_eq!(status, expected);
                                if status == Status::Ok { count } else { 0 }
                            }
                            _ => {
                                let status = ringmill_ring_pop(ring, out.as_mut_ptr().cast());
                                assert_eq!(
                                    status,
                                    if there == 0 { Status::Empty } else { Status::Ok }
                                );
                                there.min(1)
                            }
                        }
                    };
                    let expected: Vec<u8> = model.drain(..popped).flatten().collect();
                    assert_eq!(out[..size * popped], expected);
                }
                // SAFETY: alive, and used no more.
                unsafe { ringmill_ring_free(ring) };
            }
        }
    }
}

#[test]
fn a_ring_lives_in_memory_of_the_caller() {
    for kind in KINDS {
        let options = ring_options(24, 5, kind);
        let mut align = 0;
        // SAFETY: the options can be read, the outputs written.
        let (status, size) = written(|size| unsafe {
            ringmill_ring_memory(&raw const options, size, &raw mut align)
        });
        assert_eq!(status, Status::Ok);
        let mut memory = std::vec![0xAA_u8; size + align];
        let offset = memory.as_ptr().align_offset(align);
        let place: *mut c_void = memory[offset..].as_mut_ptr().cast();
        // SAFETY: as large and aligned as asked for; one byte less, and one byte off, are refused
        // before they are touched.
        unsafe {
            let make = |memory, size| {
                written(|out| ringmill_ring_new_in(&raw const options, memory, size, out))
            };
            assert_eq!(make(place, size - 1), (Status::InvalidArgument, ptr::null_mut()));
            assert_eq!(make(place.byte_add(1), size), (Status::InvalidArgument, ptr::null_mut()));
            assert_eq!(make(ptr::null_mut(), size), (Status::InvalidArgument, ptr::null_mut()));
            let (status, ring) = make(place, size);
            assert_eq!((status, ring.cast()), (Status::Ok, place));
            assert_eq!(ringmill_ring_capacity(ring), 5);
            for number in 0..5_u8 {
                assert_eq!(ringmill_ring_push(ring, bytes(&[number; 24])), Status::Ok);
            }
            let mut out = [0_u8; 24];
            assert_eq!(ringmill_ring_pop(ring, super::place(&mut out)), Status::Ok);
            assert_eq!(out, [0; 24]);
            ringmill_ring_free(ring);
        }
    }
}

#[test]
fn options_out_of_range_are_refused_with_words() {
    let good = ring_options(8, 4, RINGMILL_RING_KIND_MPMC);
    let bad = [
        (ringmill_ring_options { size: 0, ..good }, Status::InvalidArgument, "options.size is 0"),
        (
            ringmill_ring_options { size: usize::MAX, ..good },
            Status::InvalidArgument,
            "options.size",
        ),
        (ringmill_ring_options { elem_size: 0, ..good }, Status::InvalidArgument, "elem_size is 0"),
        (
            ringmill_ring_options { elem_align: 3, ..good },
            Status::InvalidArgument,
            "elem_align is 3",
        ),
        (ringmill_ring_options { elem_align: 128, ..good }, Status::InvalidArgument, "elem_align"),
        (
            ringmill_ring_options { elem_align: 16, ..good },
            Status::InvalidArgument,
            "does not divide",
        ),
        (ringmill_ring_options { kind: 2, ..good }, Status::InvalidArgument, "kind is 2"),
        (ringmill_ring_options { flags: 2, ..good }, Status::InvalidArgument, "flags are 0x2"),
        (ringmill_ring_options { capacity: 0, ..good }, Status::Capacity, "capacity 0"),
        (ringmill_ring_options { capacity: usize::MAX, ..good }, Status::Capacity, "too large"),
        (ringmill_ring_options { elem_size: 1 << 62, ..good }, Status::OutOfMemory, "no memory"),
        (ringmill_ring_options { elem_size: usize::MAX, ..good }, Status::OutOfMemory, "no memory"),
    ];
    for (options, expected, words) in bad {
        for kind in KINDS {
            let kind = if options.kind == good.kind { kind } else { options.kind };
            let options = ringmill_ring_options { kind, ..options };
            // SAFETY: the options can be read.
            let (status, ring) =
                written(|out| unsafe { ringmill_ring_new(&raw const options, out) });
            assert_eq!((status, ring), (expected, ptr::null_mut()), "{options:?}");
            assert!(message().contains(words), "{} lacks {words}", message());
        }
    }
}

#[test]
fn lengths_and_pointers_that_cannot_be_are_refused() {
    for kind in KINDS {
        let ring = new_ring(&ring_options(8, 4, kind));
        let mut buffer = 0_u64;
        let place = place(&mut buffer);
        // SAFETY: the ring is alive; what cannot be is refused before it is touched.
        unsafe {
            for count in [usize::MAX, usize::MAX / 2, usize::MAX / 8 + 1] {
                let refused = (Status::InvalidArgument, 0);
                assert_eq!(written(|n| ringmill_ring_push_burst(ring, place, count, n)), refused);
                assert_eq!(written(|n| ringmill_ring_pop_burst(ring, count, place, n)), refused);
                assert_eq!(ringmill_ring_push_bulk(ring, place, count), Status::InvalidArgument);
                assert_eq!(ringmill_ring_pop_bulk(ring, count, place), Status::InvalidArgument);
            }
            let (null, nobody) = (ptr::null_mut(), ptr::null_mut());
            assert_eq!(ringmill_ring_push(ring, null), Status::InvalidArgument);
            assert_eq!(message(), "elem is NULL");
            assert_eq!(ringmill_ring_pop(ring, null), Status::InvalidArgument);
            assert_eq!(ringmill_ring_push(nobody, place), Status::InvalidArgument);
            assert_eq!(message(), "ringmill_ring is NULL");
            assert_eq!(
                ringmill_ring_push_burst(ring, place, 1, ptr::null_mut()),
                Status::InvalidArgument
            );
            assert_eq!(
                ringmill_ring_pop_burst(ring, 1, place, ptr::null_mut()),
                Status::InvalidArgument
            );
            assert_eq!(ringmill_ring_len(ring), 0, "nothing was done");
            assert_eq!(written(|n| ringmill_ring_push_burst(ring, null, 0, n)), (Status::Ok, 0));
            assert_eq!(ringmill_ring_pop_bulk(ring, 0, null), Status::Ok);
            assert_eq!((ringmill_ring_len(nobody), ringmill_ring_capacity(nobody)), (0, 0));
            ringmill_ring_free(nobody);
            ringmill_ring_free(ring);
        }
    }
}

#[test]
fn buffers_may_be_unaligned() {
    for kind in KINDS {
        let ring = new_ring(&ring_options(8, 4, kind));
        let buffer: [u8; 9] = core::array::from_fn(|i| i as u8);
        let mut out = [0_u8; 9];
        // SAFETY: the ring is alive, and the buffers have 8 bytes behind the first.
        unsafe {
            assert_eq!(ringmill_ring_push(ring, bytes(&buffer[1])), Status::Ok);
            assert_eq!(ringmill_ring_pop(ring, place(&mut out[1])), Status::Ok);
            ringmill_ring_free(ring);
        }
        assert_eq!(out[1..], buffer[1..]);
    }
}

#[test]
fn every_status_has_words_and_the_number_of_rusts_error() {
    let text = |status: u32| {
        // SAFETY: a text that lives for ever.
        unsafe { CStr::from_ptr(ringmill_status_text(status)) }.to_str().expect("it is English")
    };
    assert_eq!(text(0), "done");
    assert_eq!(text(Status::TimedOut as u32), "the time-out passed");
    assert_eq!(text(u32::MAX), "unknown status");
    let error = crate::ring::CapacityError::check(0).unwrap_err();
    assert_eq!(text(error.code()), text(Status::Capacity as u32));
    assert_eq!(format!("{:?}", crate::ring::Full(1).code()), "1");
}
