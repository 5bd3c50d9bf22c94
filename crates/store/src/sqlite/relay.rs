//! Answers for all who wait on one runtime, handed over at once: waking a task from another thread is a system call for
//! each, waking it from its own is none.

use std::cell::RefCell;

use tokio::runtime::{Handle, Id};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::job::Job;

/// The way to the waiters of one runtime.
#[derive(Clone, Debug)]
pub(super) struct Relay(UnboundedSender<Done>);

/// Finished jobs. Who asked is told when this is dropped, and so even where the runtime ends before it comes to that.
#[derive(Debug)]
struct Done(Vec<Job>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Job::tell);
    }
}

thread_local! {
    static HERE: RefCell<Option<(Id, Relay)>> = const { RefCell::new(None) };
}

impl Relay {
    /// Of the runtime that this runs on; none outside of any.
    pub(super) fn here() -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        HERE.with_borrow_mut(|here| {
            let known = here.as_ref().filter(|(id, relay)| *id == runtime.id() && !relay.0.is_closed());
            if let Some((_, relay)) = known {
                return Some(relay.clone());
            }
            let (sender, receiver) = unbounded_channel();
            runtime.spawn(hand_out(receiver));
            let relay = Self(sender);
            *here = Some((runtime.id(), relay.clone()));
            Some(relay)
        })
    }

    /// Hands finished jobs over; where the runtime is gone they come back, and are told here.
    fn send(&self, jobs: Vec<Job>) {
        drop(self.0.send(Done(jobs)));
    }
}

async fn hand_out(mut jobs: UnboundedReceiver<Done>) {
    while let Some(done) = jobs.recv().await {
        drop(done);
    }
}

/// Tells all who asked that it is done: those of one runtime with one wake-up.
pub(super) fn tell_all(jobs: Vec<Job>) {
    let mut shares: Vec<(Relay, Vec<Job>)> = Vec::new();
    for job in jobs {
        let Some(relay) = job.relay().cloned() else {
            job.tell();
            continue;
        };
        match shares.iter_mut().find(|(known, _)| known.0.same_channel(&relay.0)) {
            Some((_, share)) => share.push(job),
            None => shares.push((relay, vec![job])),
        }
    }
    shares.into_iter().for_each(|(relay, share)| relay.send(share));
}
