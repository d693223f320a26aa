//! Rings, and what they lend.

use std::mem::zeroed;
use std::ptr;

use ringmill::ffi::ringmill_status as Status;
use ringmill::ffi::*;

use crate::arguments::Rng;
use crate::buffer::{Buffer, MOST, check, fill};
use crate::count::Counts;
use crate::world::{self, Kept, Loan, Memory, Ring, World};

const MAKING: &[Status] = &[Status::InvalidArgument, Status::Capacity, Status::OutOfMemory];

pub(crate) fn make_or_free(world: &mut World, rng: &mut Rng, counts: &mut Counts) {
    // SAFETY: pointers are NULL or right, nobody else is here.
    unsafe {
        if world.rings.len() >= world::MOST || (!world.rings.is_empty() && rng.one_in(3)) {
            let ring = world.rings.swap_remove(rng.below(world.rings.len()));
            ringmill_ring_free(ring.kept.handle);
            if ring.memory.is_none() {
                world.stale = ring.kept.handle.addr();
            }
            counts.note("ringmill_ring_free", true);
            return;
        }
        let mut options: ringmill_ring_options = zeroed();
        let size = rng.mostly(size_of::<ringmill_ring_options>(), &[0, 1, usize::MAX]);
        let status = ringmill_ring_options_init(size, &raw mut options);
        let name = "ringmill_ring_options_init";
        if !counts.status(name, status, &[Status::InvalidArgument]) {
            return;
        }
        options.elem_size = rng.elem_size();
        options.elem_align = rng.mostly(0, &[1, 2, 3, 8, 64, 128, usize::MAX]);
        options.capacity = rng.capacity();
        options.kind = rng.small_enum(2);
        options.flags = rng.small_enum(2);
        options.size = rng.mostly(options.size, &[0, 39, 41, usize::MAX]);
        let options_or_null = if rng.one_in(32) { ptr::null() } else { &raw const options };

        let mut handle = ptr::without_provenance_mut(1);
        let (mut bytes, mut align) = (1, 1);
        let in_memory = rng.one_in(3);
        let mut memory = None;
        let made = if in_memory {
            let status = ringmill_ring_memory(options_or_null, &raw mut bytes, &raw mut align);
            if !counts.status("ringmill_ring_memory", status, MAKING) {
                assert_eq!((bytes, align), (0, 0));
                return;
            }
            let place = Memory::new(bytes, align);
            let start = rng.mostly(place.start, &[ptr::null_mut(), place.start.wrapping_add(1)]);
            let said = rng.mostly(bytes, &[0, bytes - 1]);
            memory = Some(place);
            let out = &raw mut handle;
            let status = ringmill_ring_new_in(options_or_null, start.cast(), said, out);
            counts.status("ringmill_ring_new_in", status, MAKING)
        } else {
            let status = ringmill_ring_new(options_or_null, &raw mut handle);
            counts.status("ringmill_ring_new", status, MAKING)
        };
        assert_eq!(made, !handle.is_null());
        if made {
            let kept = Kept { handle, size: options.elem_size, capacity: options.capacity };
            let spsc = options.kind == RINGMILL_RING_KIND_SPSC;
            world.rings.push(Ring { kept, spsc, memory, loans: Default::default() });
        }
    }
}

/// A ring, or none; whether its elements come out whole; how they are lent.
fn pick<'a>(world: &'a World, rng: &mut Rng) -> (Kept<ringmill_ring>, bool, Option<&'a Ring>) {
    let handles: Vec<_> = world.rings.iter().map(|ring| ring.kept).collect();
    let kept = world.handle(rng, &handles);
    let ring = world.rings.iter().find(|ring| ring.kept.handle == kept.handle);
    // Several threads at one end of an spsc ring break its elements, and nothing else.
    let whole = !(world.threads && ring.is_some_and(|ring| ring.spsc));
    (kept, whole, ring)
}

pub(crate) fn call(world: &World, rng: &mut Rng, counts: &mut Counts) {
    let (kept, whole, ring) = pick(world, rng);
    let Kept { handle, size, capacity } = kept;
    let full = &[Status::Full, Status::InvalidArgument, Status::Busy, Status::StaleHandle];
    let empty = &[Status::Empty, Status::InvalidArgument, Status::Busy, Status::StaleHandle];
    let count = rng.count(capacity.min(MOST - 1) + 1);
    // SAFETY: handles are NULL, alive or known to be freed; buffers hold as many elements as a ring
    // can take or give, or the count is one that is refused.
    unsafe {
        match rng.below(12) {
            0 => {
                let mut buffer = Buffer::filled(rng, size, 1);
                let status = ringmill_ring_push(handle, buffer.pointer(rng));
                counts.status("ringmill_ring_push", status, full);
            }
            1 => {
                let mut buffer = Buffer::new(rng, size);
                let status = ringmill_ring_pop(handle, buffer.pointer(rng));
                let ok = counts.status("ringmill_ring_pop", status, empty);
                buffer.check(usize::from(ok), whole);
            }
            2 => {
                let mut buffer = Buffer::filled(rng, size, count);
                let status = ringmill_ring_push_bulk(handle, buffer.pointer(rng), count);
                counts.status("ringmill_ring_push_bulk", status, full);
            }
            3 => {
                let mut buffer = Buffer::new(rng, size);
                let status = ringmill_ring_pop_bulk(handle, count, buffer.pointer(rng));
                let ok = counts.status("ringmill_ring_pop_bulk", status, empty);
                buffer.check(if ok { count } else { 0 }, whole);
            }
            4 => {
                let mut buffer = Buffer::filled(rng, size, count);
                let mut pushed = usize::MAX;
                let pointer = buffer.pointer(rng);
                let status = ringmill_ring_push_burst(handle, pointer, count, &raw mut pushed);
                let ok = counts.status("ringmill_ring_push_burst", status, full);
                assert!(if ok { pushed > 0 || count == 0 } else { pushed == 0 });
            }
            5 => {
                let mut buffer = Buffer::new(rng, size);
                let mut popped = usize::MAX;
                let pointer = buffer.pointer(rng);
                let status = ringmill_ring_pop_burst(handle, count, pointer, &raw mut popped);
                let ok = counts.status("ringmill_ring_pop_burst", status, empty);
                assert!(if ok { popped > 0 || count == 0 } else { popped == 0 });
                buffer.check(popped, whole);
            }
            6 => {
                let len = ringmill_ring_len(handle);
                assert!(len <= capacity);
                counts.note("ringmill_ring_len", ring.is_some());
            }
            7 => {
                assert_eq!(ringmill_ring_capacity(handle), capacity);
                counts.note("ringmill_ring_capacity", ring.is_some());
            }
            8 => {
                let mut room: ringmill_room = zeroed();
                room.stride = 1;
                let count = rng.mostly(count.max(1), &[0, usize::MAX]);
                let status = ringmill_ring_reserve(handle, count, &raw mut room);
                let ok = counts.status("ringmill_ring_reserve", status, full);
                assert_eq!(ok, room.stride > 0 && !room.first.is_null());
                if let (true, Some(ring)) = (ok, ring) {
                    write(&room, rng, size);
                    ring.loans.lock().expect("no thread has panicked").push(Loan::Room(room));
                }
            }
            9 => {
                let mut view: ringmill_view = zeroed();
                view.stride = 1;
                let count = rng.mostly(count.max(1), &[0, usize::MAX]);
                let status = ringmill_ring_peek(handle, count, &raw mut view);
                let ok = counts.status("ringmill_ring_peek", status, empty);
                assert_eq!(ok, view.stride > 0 && !view.first.is_null());
                if let (true, Some(ring)) = (ok, ring) {
                    if whole {
                        read(&view, size);
                    }
                    ring.loans.lock().expect("no thread has panicked").push(Loan::View(view));
                }
            }
            _ => end_loan(handle, ring, whole, rng, counts),
        }
    }
}

/// Ends a loan, or tries to with one that is none.
///
/// # Safety
///
/// The handle is NULL, alive or known to be freed.
unsafe fn end_loan(
    handle: *mut ringmill_ring,
    ring: Option<&Ring>,
    whole: bool,
    rng: &mut Rng,
    counts: &mut Counts,
) {
    let wrong = &[Status::InvalidArgument, Status::Busy, Status::StaleHandle];
    let loan = ring.and_then(|ring| {
        let mut loans = ring.loans.lock().expect("no thread has panicked");
        if loans.is_empty() {
            return None;
        }
        let at = rng.below(loans.len());
        // Left there now and then, to be used once more when it is over.
        Some(if rng.one_in(8) { loans[at] } else { loans.swap_remove(at) })
    });
    // SAFETY: by the caller; a loan is one that was made, or altered, which is refused.
    unsafe {
        let mut forged: ringmill_room = zeroed();
        forged.token = rng.next();
        let loan = loan.unwrap_or(Loan::Room(forged));
        match loan {
            Loan::Room(mut room) => {
                let mut len = room.first_count + room.second_count;
                match rng.below(24) {
                    0 => room.token ^= 1 << rng.below(64),
                    1 => room.check ^= 1 << rng.below(64),
                    2 => room.first_count = rng.count(9),
                    3 => len = rng.count(9),
                    _ => {}
                }
                let again = |ok: bool| {
                    // It came back as it was made: whoever kept it may not use it any more.
                    if !ok && let Some(ring) = ring {
                        let mut loans = ring.loans.lock().expect("no thread has panicked");
                        let known = loans.iter().any(
                            |loan| matches!(loan, Loan::Room(kept) if kept.token == room.token),
                        );
                        if !known && loans.len() < 64 {
                            loans.push(loan);
                        }
                    }
                };
                if rng.one_in(3) {
                    let status = ringmill_ring_cancel(handle, &raw const room);
                    again(counts.status("ringmill_ring_cancel", status, wrong));
                } else {
                    let count = if rng.one_in(4) { rng.below(len.clamp(1, 99)) } else { len };
                    let pointer = if rng.one_in(48) { ptr::null() } else { &raw const room };
                    let status = ringmill_ring_commit(handle, pointer, count);
                    again(counts.status("ringmill_ring_commit", status, wrong));
                }
            }
            Loan::View(mut view) => {
                let len = view.first_count + view.second_count;
                match rng.below(24) {
                    0 => view.token ^= 1 << rng.below(64),
                    1 => view.check ^= 1 << rng.below(64),
                    2 => view.second_count = rng.count(9),
                    _ => {}
                }
                let count = if rng.one_in(4) { rng.count(9) } else { len };
                let _ = whole;
                let status = ringmill_ring_release(handle, &raw const view, count);
                let ok = counts.status("ringmill_ring_release", status, wrong);
                if !ok && let Some(ring) = ring {
                    let mut loans = ring.loans.lock().expect("no thread has panicked");
                    if loans.len() < 64 {
                        loans.push(loan);
                    }
                }
            }
        }
    }
}

/// Writes elements to all of a reservation.
///
/// # Safety
///
/// It is open.
unsafe fn write(room: &ringmill_room, rng: &mut Rng, size: usize) {
    for (first, count) in [(room.first, room.first_count), (room.second, room.second_count)] {
        for i in 0..count {
            // SAFETY: by the caller.
            let elem = unsafe {
                std::slice::from_raw_parts_mut(first.byte_add(i * room.stride).cast::<u8>(), size)
            };
            fill(elem, rng.next());
        }
    }
}

/// Checks the elements of a view.
///
/// # Safety
///
/// It is open.
unsafe fn read(view: &ringmill_view, size: usize) {
    for (first, count) in [(view.first, view.first_count), (view.second, view.second_count)] {
        for i in 0..count {
            // SAFETY: by the caller.
            check(unsafe {
                std::slice::from_raw_parts(first.byte_add(i * view.stride).cast::<u8>(), size)
            });
        }
    }
}
