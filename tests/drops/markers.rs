//! What the types promise about threads and copies, asked of the compiler.
//!
//! An inherent constant wins over one of a trait: so a type's own answer is `true` where the bound
//! of the inherent block holds, and the trait's `false` everywhere else.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use ringmill::ring::mpmc::{IntoIter, Ring};
use ringmill::ring::spsc::{Consumer, Producer, Readable, Reserved};
use ringmill::ring::{CapacityError, Full};

macro_rules! question {
    ($asks:ident, $otherwise:ident, $bound:path) => {
        struct $asks<T: ?Sized>(PhantomData<T>);
        trait $otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> $otherwise for $asks<T> {}
        impl<T: ?Sized + $bound> $asks<T> {
            const ANSWER: bool = true;
        }
    };
}
question!(IsSend, NotSend, Send);
question!(IsSync, NotSync, Sync);
question!(IsClone, NotClone, Clone);

/// `Send`, and not `Sync`.
type Local = Cell<u8>;
/// Neither.
type Bound = Rc<u8>;

#[test]
fn a_ring_for_many_threads_is_shared_by_them_if_its_values_may_move() {
    const {
        assert!(IsSend::<Ring<u8>>::ANSWER && IsSync::<Ring<u8>>::ANSWER);
        assert!(IsSend::<Ring<Local>>::ANSWER && IsSync::<Ring<Local>>::ANSWER);
        assert!(!IsSend::<Ring<Bound>>::ANSWER && !IsSync::<Ring<Bound>>::ANSWER);
        assert!(IsSend::<IntoIter<Local>>::ANSWER && !IsSend::<IntoIter<Bound>>::ANSWER);
        assert!(!IsClone::<Ring<u8>>::ANSWER);
    }
}

#[test]
fn each_end_of_a_ring_for_two_threads_is_one_threads_at_a_time() {
    const {
        assert!(IsSend::<Producer<u8>>::ANSWER && IsSend::<Consumer<u8>>::ANSWER);
        assert!(IsSend::<Producer<Local>>::ANSWER && IsSend::<Consumer<Local>>::ANSWER);
        assert!(!IsSend::<Producer<Bound>>::ANSWER && !IsSend::<Consumer<Bound>>::ANSWER);
        assert!(!IsSync::<Producer<u8>>::ANSWER && !IsSync::<Consumer<u8>>::ANSWER);
        assert!(!IsClone::<Producer<u8>>::ANSWER && !IsClone::<Consumer<u8>>::ANSWER);
    }
}

#[test]
fn chunks_move_between_threads_as_their_ends_do() {
    const {
        assert!(IsSend::<Reserved<'_, Local>>::ANSWER && IsSend::<Readable<'_, Local>>::ANSWER);
        assert!(!IsSend::<Reserved<'_, Bound>>::ANSWER && !IsSend::<Readable<'_, Bound>>::ANSWER);
        assert!(!IsSync::<Reserved<'_, u8>>::ANSWER && !IsSync::<Readable<'_, u8>>::ANSWER);
        assert!(!IsClone::<Reserved<'_, u8>>::ANSWER && !IsClone::<Readable<'_, u8>>::ANSWER);
    }
}

#[test]
fn a_panic_elsewhere_does_not_spoil_a_ring() {
    fn unspoilt<T: UnwindSafe + RefUnwindSafe>() {}
    unspoilt::<Ring<Local>>();
}

#[test]
fn errors_may_go_anywhere() {
    fn everywhere<T: Send + Sync + 'static>() {}
    everywhere::<CapacityError>();
    everywhere::<Full<u8>>();
    const {
        assert!(IsClone::<Full<u8>>::ANSWER && !IsClone::<Full<Box<dyn Send>>>::ANSWER);
    }
}
