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
use ringmill::ring::{CapacityError, Full, mpsc, spmc};

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
fn the_end_that_many_threads_share_can_be_copied_and_the_other_one_cannot() {
    const {
        assert!(IsSend::<mpsc::Producer<Local>>::ANSWER && IsSync::<mpsc::Producer<Local>>::ANSWER);
        assert!(IsSend::<spmc::Consumer<Local>>::ANSWER && IsSync::<spmc::Consumer<Local>>::ANSWER);
        assert!(IsSend::<mpsc::Consumer<Local>>::ANSWER && IsSend::<spmc::Producer<Local>>::ANSWER);
        assert!(!IsSend::<mpsc::Producer<Bound>>::ANSWER);
        assert!(!IsSend::<spmc::Consumer<Bound>>::ANSWER);
        assert!(!IsSend::<mpsc::Consumer<Bound>>::ANSWER);
        assert!(!IsSend::<spmc::Producer<Bound>>::ANSWER);
        assert!(IsClone::<mpsc::Producer<Bound>>::ANSWER);
        assert!(IsClone::<spmc::Consumer<Bound>>::ANSWER);
        assert!(!IsClone::<mpsc::Consumer<u8>>::ANSWER && !IsClone::<spmc::Producer<u8>>::ANSWER);
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
    unspoilt::<(mpsc::Producer<Local>, mpsc::Consumer<Local>)>();
    unspoilt::<(spmc::Producer<Local>, spmc::Consumer<Local>)>();
    unspoilt::<(Producer<Local>, Consumer<Local>)>();
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
