//! What the types promise about threads and copies, asked of the compiler.
//!
//! An inherent constant wins over one of a trait: so a type's own answer is `true` where the bound
//! of the inherent block holds, and the trait's `false` everywhere else.

use std::cell::Cell;
use std::error::Error;
use std::marker::{PhantomData, PhantomPinned};
use std::rc::Rc;

use ringmill::channel::{
    IntoIter, Iter, Receiver, RecvError, RecvFuture, RecvTimeoutError, Select, SelectTimeoutError,
    SendError, SendFuture, SendTimeoutError, Sender, TryIter, TryRecvError, TrySendError,
};

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

/// `Send`, and not `Sync`.
type Local = Cell<u8>;
/// Neither.
type Bound = Rc<u8>;

#[test]
fn ends_are_shared_and_sent_if_their_values_may_move() {
    const {
        assert!(IsSend::<Sender<Local>>::ANSWER && IsSync::<Sender<Local>>::ANSWER);
        assert!(IsSend::<Receiver<Local>>::ANSWER && IsSync::<Receiver<Local>>::ANSWER);
        assert!(!IsSend::<Sender<Bound>>::ANSWER && !IsSync::<Sender<Bound>>::ANSWER);
        assert!(!IsSend::<Receiver<Bound>>::ANSWER && !IsSync::<Receiver<Bound>>::ANSWER);
        assert!(IsSend::<IntoIter<Local>>::ANSWER && !IsSend::<IntoIter<Bound>>::ANSWER);
        assert!(IsSend::<Iter<'_, Local>>::ANSWER && IsSend::<TryIter<'_, Local>>::ANSWER);
    }
}

#[test]
fn futures_are_sent_if_their_values_may_move_and_need_no_pinning() {
    fn unpinned<T: Unpin>() {}
    unpinned::<RecvFuture<'_, PhantomPinned>>();
    unpinned::<SendFuture<'_, PhantomPinned>>();
    const {
        assert!(IsSend::<RecvFuture<'_, Local>>::ANSWER && IsSend::<SendFuture<'_, Local>>::ANSWER);
        assert!(!IsSend::<RecvFuture<'_, Bound>>::ANSWER);
        assert!(!IsSend::<SendFuture<'_, Bound>>::ANSWER);
        // What is done with the result need not be `Send`, so a choice is not.
        assert!(!IsSend::<Select<'_, u8>>::ANSWER);
    }
}

#[test]
fn errors_may_go_anywhere() {
    fn everywhere<T: Error + Send + Sync + 'static>() {}
    everywhere::<SendError<u8>>();
    everywhere::<TrySendError<u8>>();
    everywhere::<SendTimeoutError<u8>>();
    everywhere::<RecvError>();
    everywhere::<TryRecvError>();
    everywhere::<RecvTimeoutError>();
    everywhere::<SelectTimeoutError>();
}

#[test]
fn errors_say_what_happened_and_show_no_value() {
    let error = TrySendError::from(SendError(Cell::new(7)));
    assert!(error.is_closed() && !error.is_full());
    assert_eq!(format!("{error:?}"), "Closed(..)");
    assert_eq!(error.to_string(), SendTimeoutError::from(SendError(())).to_string());
    assert_eq!(error.into_inner().get(), 7);
    assert_ne!(TrySendError::Full(()).to_string(), TrySendError::Closed(()).to_string());
    let late = SendTimeoutError::TimedOut(());
    assert!(late.is_timed_out() && !late.is_closed());
    assert_ne!(late.to_string(), SendTimeoutError::Closed(()).to_string());
    assert_eq!(TryRecvError::from(RecvError).to_string(), RecvError.to_string());
    assert_eq!(RecvTimeoutError::from(RecvError).to_string(), RecvError.to_string());
    assert_ne!(TryRecvError::Empty.to_string(), TryRecvError::Closed.to_string());
    assert_ne!(RecvTimeoutError::TimedOut.to_string(), RecvTimeoutError::Closed.to_string());
    assert_eq!(SendError("secret").into_inner(), "secret");
    assert_eq!(format!("{:?}", SendError("secret")), "SendError(..)");
}
