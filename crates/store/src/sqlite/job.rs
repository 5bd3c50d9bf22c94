//! What the writer is asked to do, with the way back to who asked.

use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::fault::Fault;
use super::relay::Relay;
use super::write::Pen;
use crate::StoreError;
use crate::backend::{Question, ToAccept, ToApply, ToClaim, ToRecord};
use crate::runs::{Accepted, Claimed, Recorded};
use crate::value::{Applied, Row};

/// Something asked. The outcome is kept back until it is durable.
#[derive(Debug)]
pub(super) struct Asked<Q, A> {
    pub(super) ask: Q,
    outcome: Option<A>,
    answer: oneshot::Sender<Result<A, StoreError>>,
    /// Where who asked waits, if many ask from there.
    relay: Option<Relay>,
}

impl<Q, A> Asked<Q, A> {
    pub(super) fn new(ask: Q) -> (Self, oneshot::Receiver<Result<A, StoreError>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { ask, outcome: None, answer, relay: None }, receiver)
    }

    /// As `new`, to be answered together with what others on this runtime asked.
    pub(super) fn relayed(ask: Q) -> (Self, oneshot::Receiver<Result<A, StoreError>>) {
        let (asked, receiver) = Self::new(ask);
        (Self { relay: Relay::here(), ..asked }, receiver)
    }

    pub(super) fn answer(self, answer: Result<A, StoreError>) {
        // Who asked may have gone away; the deed stands all the same.
        let _ = self.answer.send(answer);
    }

    fn settle(mut self, ended: Result<(), StoreError>) {
        let outcome = self.outcome.take();
        let none = || StoreError::Unavailable("the writer did not come to it".to_owned());
        self.answer(ended.and_then(|()| outcome.ok_or_else(none)));
    }
}

#[derive(Debug)]
pub(super) enum Job {
    Record(Asked<ToRecord, Recorded>),
    Accept(Asked<ToAccept, Accepted>),
    Claim(Asked<ToClaim, Vec<Claimed>>),
    Apply(Asked<ToApply, Applied>),
    /// Only where there is one connection for all, in memory.
    Query(Asked<Question, Vec<Row>>),
    Close(Close),
}

/// The end: always the last job of the queue.
#[derive(Debug)]
pub(super) struct Close {
    /// The threads that read and fold the log; to be waited for before the file is closed.
    pub(super) others: Vec<JoinHandle<()>>,
    pub(super) done: oneshot::Sender<()>,
}

impl Job {
    /// Does it within the transaction that is open. May be done again after the transaction was undone.
    pub(super) fn perform(&mut self, pen: &mut Pen<'_>) -> Result<(), Fault> {
        match self {
            Self::Record(asked) => asked.outcome = Some(pen.record(&asked.ask)?),
            Self::Accept(asked) => asked.outcome = Some(pen.accept(&asked.ask)?),
            Self::Claim(asked) => asked.outcome = Some(pen.claim(&asked.ask)?),
            Self::Apply(asked) => asked.outcome = Some(pen.apply(&asked.ask.statements)?),
            Self::Query(asked) => asked.outcome = Some(pen.query(&asked.ask)?),
            Self::Close(_) => {}
        }
        Ok(())
    }

    /// Whether it waits while nothing can be written: only what continues a run that was promised.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Self::Record(asked) if asked.ask.record.begin.is_none())
    }

    /// About how many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Record(asked) => asked.ask.bytes(),
            Self::Accept(asked) => asked.ask.runs.iter().map(|(_, begin)| begin.head.len()).sum(),
            _ => 0,
        }
    }

    /// Where who asked waits, if many ask from there.
    pub(super) fn relay(&self) -> Option<&Relay> {
        match self {
            Self::Record(asked) => asked.relay.as_ref(),
            Self::Accept(asked) => asked.relay.as_ref(),
            Self::Claim(_) | Self::Apply(_) | Self::Query(_) | Self::Close(_) => None,
        }
    }

    /// Tells who asked that it is done.
    pub(super) fn tell(self) {
        self.settle(Ok(()));
    }

    /// Tells who asked how it ended.
    pub(super) fn settle(self, ended: Result<(), StoreError>) {
        match self {
            Self::Record(asked) => asked.settle(ended),
            Self::Accept(asked) => asked.settle(ended),
            Self::Claim(asked) => asked.settle(ended),
            Self::Apply(asked) => {
                // Before the answer, and also where nobody waits for it any more.
                asked.ask.forget();
                asked.settle(ended);
            }
            Self::Query(asked) => asked.settle(ended),
            Self::Close(close) => drop(close.done.send(())),
        }
    }
}
