//! Partitions that are dealt out among the members of a group.

use ringmill::partition::{Partitioned, PopError, RoundRobin};

#[test]
fn members_share_all_partitions_and_each_has_one_holder() {
    let queue = Partitioned::<u32>::new(10, 1).unwrap();
    let group = queue.group();
    let mut members: Vec<_> = (0..4).map(|_| group.join()).collect();
    assert_eq!(group.members(), 4);
    // Each asks twice: first to hand over, then to see what the others have handed over.
    for _ in 0..2 {
        members.iter_mut().for_each(|member| assert_eq!(member.try_pop(), Err(PopError::Empty)));
    }
    let mut held: Vec<_> = members.iter().flat_map(|member| member.partitions()).collect();
    held.sort_unstable();
    assert_eq!(held, (0..10).collect::<Vec<_>>());
    let mut shares: Vec<_> = members.iter().map(|member| member.partitions().count()).collect();
    shares.sort_unstable();
    assert_eq!(shares, [2, 2, 3, 3]);
}

#[test]
fn a_holder_that_does_not_ask_keeps_what_it_has() {
    let queue = Partitioned::new(2, 4).unwrap();
    let group = queue.group();
    let mut holder = group.join();
    let mut producer = queue.producer(RoundRobin::new());
    producer.try_push_batch(&mut vec![0, 1, 2, 3]).unwrap();
    assert_eq!(holder.try_pop(), Ok(0));
    let mut heir = group.join();
    assert_eq!(heir.try_pop(), Err(PopError::Empty), "0 may still be worked on");
    assert_eq!(holder.try_pop(), Ok(2), "it hands partition 1 over, and keeps 0");
    assert_eq!([heir.try_pop(), heir.try_pop()], [Ok(1), Ok(3)]);
}

#[test]
fn more_members_than_partitions_leave_some_waiting() {
    let queue = Partitioned::new(1, 4).unwrap();
    let group = queue.group();
    let (mut first, mut second) = (group.join(), group.join());
    queue.producer(RoundRobin::new()).try_push(7).unwrap();
    assert_eq!(second.try_pop(), Err(PopError::Empty));
    assert_eq!(first.try_pop(), Ok(7));
    queue.producer(RoundRobin::new()).try_push(8).unwrap();
    drop(first);
    assert_eq!(second.try_pop(), Ok(8));
    queue.close();
    assert_eq!(second.try_pop(), Err(PopError::Closed));
    assert_eq!(group.join().try_pop(), Err(PopError::Closed), "nothing to hold, and over");
}

#[test]
fn what_a_member_leaves_after_closing_comes_to_another() {
    let queue = Partitioned::new(2, 4).unwrap();
    let group = queue.group();
    let (holder, mut other) = (group.join(), group.join());
    queue.producer(RoundRobin::new()).try_push_batch(&mut vec![0, 1, 2, 3]).unwrap();
    queue.close();
    assert_eq!(other.try_pop(), Err(PopError::Empty), "not over: the holder may leave");
    drop(holder);
    let mut rest: Vec<_> = (0..4).map(|_| other.try_pop().unwrap()).collect();
    rest.sort_unstable();
    assert_eq!(rest, [0, 1, 2, 3]);
    assert_eq!(other.try_pop(), Err(PopError::Closed));
    assert_eq!(other.try_pop_batch(&mut Vec::new(), 1), Err(PopError::Closed));
}
