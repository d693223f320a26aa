//! The thread that reads the input, no faster than the queue takes it.

use std::sync::{Arc, PoisonError};

use ringmill::message::Message;
use ringmill::queue::Producer;

use super::job::{Job, count};
use crate::input::{Input, Read};
use crate::record::{Budget, Malformed, Record};

struct Reader<'j> {
    job: &'j Job,
    budget: Arc<Budget>,
    producer: Producer<Record>,
    /// The place of the next record.
    place: u64,
}

/// Reads all, and closes the queue.
pub(crate) fn read(job: &Job, input: &Input, budget: Arc<Budget>) {
    let producer = job.queue.producer();
    let mut reader = Reader { job, budget, producer, place: 0 };
    let mut to_skip = input.skip;
    let mut sink = |found: Result<Read, Malformed>| {
        if to_skip > 0 {
            to_skip -= 1;
            return true;
        }
        reader.take(found)
    };
    input.read(&mut sink, &mut |why| {
        count(&job.counts.unreadable);
        job.screen.error(&why);
    });
    job.queue.close();
}

impl Reader<'_> {
    /// Passes a record on, and says whether there is to be another one.
    fn take(&mut self, found: Result<Read, Malformed>) -> bool {
        let job = self.job;
        if !job.output.wait_for_room(self.place, &job.stop) {
            return false;
        }
        let accepted = match found {
            Ok(read) => {
                let message = self.message(read);
                let _gate = job.gate.lock().unwrap_or_else(PoisonError::into_inner);
                // Refused when the run is stopped: then it was not read.
                let accepted =
                    !job.stop.is_draining() && self.producer.enqueue_blocking(message).is_ok();
                if accepted {
                    count(&job.counts.read);
                }
                accepted
            }
            Err(malformed) => {
                let _gate = job.gate.lock().unwrap_or_else(PoisonError::into_inner);
                let buried = !job.stop.is_draining() && job.bury_malformed(self.place, &malformed);
                if buried {
                    count(&job.counts.read);
                }
                buried
            }
        };
        self.place += u64::from(accepted);
        accepted
    }

    fn message(&self, read: Read) -> Message<Record> {
        let Read { source, number, data, key, priority } = read;
        let _room = self.budget.take(data.len());
        let data = data.into_boxed_slice();
        let mut message = Message::new(Record { place: self.place, source, number, data, _room });
        if let Some(key) = key {
            message = message.key(key);
        }
        if let Some(priority) = priority {
            message = message.priority(priority);
        }
        message
    }
}
