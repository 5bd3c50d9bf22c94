//! The loop of a run that is not kept: decided and sent as any other, with no record of it.

use std::sync::Arc;
use std::time::Duration;

use callout_flow::flow::Flow;
use callout_flow::id::OrgId;
use callout_flow::integration::Connected;
use callout_flow::outcome::{AnswerBody, Outcome};
use callout_flow::run::{Action, Advance, Input, Run, advance};
use callout_outbound::Scrubber;
use callout_store::Part;
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::drive::Watch;
use crate::engine::Engine;
use crate::journal::{write, write_step};
use crate::read::{Told, texts};

/// A run in memory alone, and what came of it so far.
#[derive(Debug)]
pub(crate) struct Unkept<'e> {
    engine: &'e Engine,
    org: &'e OrgId,
    pub(crate) run: Run,
    pub(crate) scrubber: Scrubber,
    pub(crate) part: Part,
    /// The body of the last answer as received, secrets masked.
    pub(crate) raw: Option<bytes::Bytes>,
    /// Whoever is told of steps and effects as they come.
    pub(crate) tell: Option<mpsc::Sender<Told>>,
    /// The most that its steps and effects may be, in bytes.
    pub(crate) bytes_max: usize,
}

impl<'e> Unkept<'e> {
    pub(crate) fn new(engine: &'e Engine, org: &'e OrgId, run: Run) -> Self {
        Self {
            engine,
            org,
            run,
            scrubber: Scrubber::default(),
            part: Part::default(),
            raw: None,
            tell: None,
            bytes_max: usize::MAX,
        }
    }

    /// Goes on until it sleeps, asks for another flow or is over; `None` where it stands at no call that could be sent, where
    /// whoever was told is gone, and where it became too large.
    pub(crate) async fn go(&mut self, flow: &Flow, first: Input, watch: &mut Watch<'_>) -> Option<Action> {
        let mut input = first;
        loop {
            let (steps, effects) = (self.part.steps.len(), self.part.effects.len());
            let action = self.decide(flow, input);
            self.hand_on(steps, effects).await?;
            if self.is_too_large() {
                return None;
            }
            input = match action {
                Action::Connect { connection } => self.connect(flow, connection).await,
                Action::Call => {
                    let Self { engine, org, run, scrubber, .. } = self;
                    let over = engine.send(org, run, flow, scrubber, watch).await?;
                    if let Outcome::Answered(answer) = &over.outcome
                        && let AnswerBody::Whole(body) = &answer.body
                    {
                        self.raw = Some(body.clone());
                    }
                    Input::Attempt(Box::new(over))
                }
                action => return Some(action),
            };
        }
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.part.steps.len() + self.part.effects.len() > self.bytes_max
    }

    /// Asks the flow what comes next, and writes down what came of the input.
    fn decide(&mut self, flow: &Flow, input: Input) -> Action {
        let Advance { steps, effects, action } = advance(flow, &mut self.run, input, self.engine.now());
        self.run.secrets().iter().for_each(|secret| self.scrubber.add(secret));
        steps.iter().for_each(|step| write_step(&mut self.part.steps, step, &self.scrubber));
        effects.iter().for_each(|effect| write(&mut self.part.effects, effect, &self.scrubber));
        action
    }

    /// Tells of the steps and effects behind these lengths of their lists; `None` where nobody listens any more.
    async fn hand_on(&self, steps: usize, effects: usize) -> Option<()> {
        let Some(tell) = &self.tell else { return Some(()) };
        let fresh = |list: &[u8], from: usize| {
            let fresh = &list[from..];
            texts(fresh.strip_prefix(b",").unwrap_or(fresh))
        };
        let effects = fresh(&self.part.effects, effects).into_iter().map(Told::Effect);
        for told in effects.chain(fresh(&self.part.steps, steps).into_iter().map(Told::Step)) {
            tell.send(told).await.ok()?;
        }
        Some(())
    }

    async fn connect(&self, flow: &Flow, connection: String) -> Input {
        match self.engine.connected(self.org, flow, &self.run, &connection).await {
            Ok(connected) => {
                if let Some(why) = &connected.refused {
                    self.engine.tell_refused_use(self.org, &connection, &flow.slug, why);
                }
                Input::Connection(connected)
            }
            Err(error) => Input::Connection(Arc::new(Connected::refused(connection, error.to_string()))),
        }
    }
}

impl Engine {
    /// How long it is from now until a time; nothing where that has passed.
    pub(crate) fn time_until(&self, until: Timestamp) -> Duration {
        until.duration_since(self.now()).max(jiff::SignedDuration::ZERO).unsigned_abs()
    }
}
