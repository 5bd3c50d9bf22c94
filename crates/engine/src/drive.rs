//! The way of a run: decide, record, act, and round again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::node::NodeKind;
use callout_flow::run::{Action, Advance, How, Input, Run, advance};
use callout_flow::step::{Effect, RequestRecord, Step};
use callout_outbound::Scrubber;
use callout_store::{Receipt, Recorded, RunStatus, Stand, StoreError};
use jiff::Timestamp;

use crate::bounds::Place;
use crate::engine::Engine;
use crate::flows::FlowError;
use crate::journal::Journal;
use crate::read;
use crate::rule::{BeforeCall, First, before_call};

/// What happens while a run goes on, for whoever watches.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A request is about to be sent.
    Calling { node: &'a str, attempt: u32, attempts_max: u32, request: &'a RequestRecord },
    /// An attempt ended and another will follow at this time.
    Retrying { until: Timestamp, attempt: u32, attempts_max: u32 },
    /// A `wait` began; where it is skipped, the run goes on at once.
    Waiting { until: Timestamp, skipped: bool },
    /// A step is recorded.
    Step(&'a Step),
    /// An effect is recorded.
    Effect(&'a Effect),
}

/// Whoever watches a run: called as it goes, with what must be masked so far.
pub type Watch<'w> = dyn FnMut(Progress<'_>, &Scrubber) + Send + 'w;

/// A run that this process has.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) org: OrgId,
    pub(crate) run: Run,
    /// The flow that it is in.
    pub(crate) flow: Arc<Flow>,
    pub(crate) journal: Journal,
    /// What the run must not show, for the record and for every line of a trace.
    pub(crate) scrubber: Scrubber,
    /// JSON text: the event, the contact, the variables it started with.
    pub(crate) head: Arc<[u8]>,
    pub(crate) started_at: Timestamp,
    /// Its place among the runs under way.
    pub(crate) place: Option<Place>,
}

/// Why a run is put down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pause {
    /// It ended; `tail` is JSON text of its variables, result and error.
    Over {
        status: RunStatus,
        ended_at: Timestamp,
        tail: Vec<u8>,
    },
    Parked {
        until: Timestamp,
        retry: bool,
    },
    /// Its record was not taken: another has it, or it never got into the database.
    Lost(Option<StoreError>),
}

impl Held {
    /// Whether the pending call may change something, so that its intent must be on disk before it.
    fn is_effectful(&self) -> bool {
        self.run.pending().is_some_and(|pending| !pending.request.method.is_safe())
    }

    pub(crate) fn learn_secrets(&mut self) {
        for secret in self.run.secrets() {
            self.scrubber.add(secret);
        }
    }
}

impl Engine {
    /// Runs until the run ends, is parked or is lost.
    pub(crate) async fn drive(&self, held: &mut Held, first: Input, watch: &mut Watch<'_>) -> Pause {
        let mut input = first;
        // Whether what the last call did is not recorded yet.
        let mut done_unrecorded = false;
        loop {
            let mut action = self.decide(held, input, watch);
            if !matches!(action, Action::Finish | Action::Open | Action::Connect { .. })
                && self.is_cancelled(&held.run.id)
            {
                self.stop(held, How::Cancelled, None);
                action = Action::Finish;
            }
            input = match action {
                Action::Call if self.is_stopping() => {
                    held.run.put_off();
                    return self.park(held, RunStatus::Running, self.now(), false).await;
                }
                Action::Call => {
                    let effectful = held.is_effectful();
                    if let Err(lost) = self.record_before_call(held, effectful, done_unrecorded).await {
                        return lost;
                    }
                    done_unrecorded = effectful;
                    self.call(held, watch).await
                }
                Action::Sleep { until, retry } => {
                    if retry {
                        told_of_retry(held, until, watch);
                    }
                    let status = if retry { RunStatus::Running } else { RunStatus::Waiting };
                    return self.park(held, status, until, retry).await;
                }
                Action::Connect { connection } => {
                    match self.connected(&held.org, &held.flow, &held.run, &connection).await {
                        Ok(connected) => {
                            if let Some(why) = &connected.refused {
                                self.tell_refused_use(&held.org, &connection, &held.flow.slug, why);
                            }
                            Input::Connection(connected)
                        }
                        Err(error) => return Pause::Lost(Some(error)),
                    }
                }
                Action::Open => match self.flow_of(&held.org, held.run.wants()).await {
                    Ok(Some(flow)) => {
                        held.flow = flow;
                        Input::Flow
                    }
                    Ok(None) => Input::NoFlow,
                    Err(FlowError::Broken { .. }) => Input::NoFlow,
                    Err(FlowError::Store(error)) => return Pause::Lost(Some(error)),
                },
                Action::Finish => return self.finish(held).await,
            };
        }
    }

    /// Asks the flow what comes next, and writes down what came of the input.
    pub(crate) fn decide(&self, held: &mut Held, input: Input, watch: &mut Watch<'_>) -> Action {
        let Advance { steps, effects, action } = advance(&held.flow, &mut held.run, input, self.now());
        held.learn_secrets();
        held.journal.append(&steps, &effects, &held.flow, held.run.ended.as_ref(), &held.scrubber);
        effects.iter().for_each(|effect| watch(Progress::Effect(effect), &held.scrubber));
        steps.iter().for_each(|step| watch(Progress::Step(step), &held.scrubber));
        action
    }

    /// Ends a run from outside its flow.
    pub(crate) fn stop(&self, held: &mut Held, how: How, fault: Option<callout_flow::run::Fault>) {
        let cut_short = held.run.stop(how, fault, self.now());
        held.learn_secrets();
        held.journal.append_cut_short(&cut_short, &held.scrubber);
    }

    /// Records what must be on disk before the pending call leaves: its intent, where it may change something.
    async fn record_before_call(
        &self,
        held: &mut Held,
        effectful: bool,
        done_unrecorded: bool,
    ) -> Result<(), Pause> {
        let now = self.now();
        let journal = &held.journal;
        let first = before_call(&BeforeCall {
            effectful,
            begun: journal.is_begun(),
            news: journal.has_news(),
            effects: journal.has_effects(),
            done: done_unrecorded,
            age: now.duration_since(journal.submitted_at()),
        });
        if first == First::Nothing {
            return Ok(());
        }
        let stand = Stand::Going { state: held.run.save() };
        let receipt = held.journal.submit(&self.inner.store, stand, now);
        if first == First::Durable { self.taken(held, receipt).await } else { Ok(()) }
    }

    /// Puts the run down until a time; the lease is given back with the record.
    async fn park(&self, held: &mut Held, status: RunStatus, until: Timestamp, retry: bool) -> Pause {
        let stand = Stand::Parked { status, due: until, state: held.run.save() };
        let receipt = held.journal.submit(&self.inner.store, stand, self.now());
        match self.taken(held, receipt).await {
            Ok(()) => {
                // The store makes a run that was told something due at once; the worker must not sleep past that.
                let until_told = if self.is_cancelled(&held.run.id) { self.now() } else { until };
                self.inner.workers.due_at(until_told);
                Pause::Parked { until, retry }
            }
            Err(lost) => lost,
        }
    }

    pub(crate) async fn finish(&self, held: &mut Held) -> Pause {
        let Some(ended) = &held.run.ended else { return Pause::Lost(None) };
        let ended_at = self.now();
        let counted = &self.inner.counted;
        let (status, count) = match ended.how {
            How::Completed => (RunStatus::Completed, &counted.completed),
            How::Failed => (RunStatus::Failed, &counted.failed),
            How::Cancelled => (RunStatus::Cancelled, &counted.cancelled),
        };
        count.fetch_add(1, Ordering::Relaxed);
        let tail = read::tail_text(&held.run, &held.scrubber);
        let head = read::masked_members(&held.head, &held.scrubber);
        let error = ended.fault.as_ref().map(|fault| fault.code.as_ref().into());
        let stand = Stand::Over { status, ended_at, tail: tail.clone(), head, error };
        let receipt = held.journal.submit(&self.inner.store, stand, ended_at);
        match self.taken(held, receipt).await {
            Ok(()) => Pause::Over { status, ended_at, tail },
            Err(lost) => lost,
        }
    }

    /// Waits until a record is durable, and tells those who watch the run.
    async fn taken(&self, held: &Held, receipt: Receipt) -> Result<(), Pause> {
        match receipt.durable().await {
            Ok(Recorded::Taken) => {
                self.inner.watched.tell(&held.run.id);
                self.inner.tails.tell(&held.org, &held.run.id);
                Ok(())
            }
            Ok(Recorded::Fenced) => Err(Pause::Lost(None)),
            Err(error) => Err(Pause::Lost(Some(error))),
        }
    }
}

fn told_of_retry(held: &Held, until: Timestamp, watch: &mut Watch<'_>) {
    if let (Some(pending), Some(NodeKind::ApiCall(call))) =
        (held.run.pending(), held.flow.node(held.run.node()).map(|node| &node.kind))
    {
        // The pending attempt is the one to come.
        let (attempt, attempts_max) = (pending.attempt, call.retry.attempts_max);
        watch(Progress::Retrying { until, attempt, attempts_max }, &held.scrubber);
    }
}
