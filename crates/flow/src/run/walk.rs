//! One stretch of a run between two actions: from node to node until someone must do something.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    Action, AttemptOver, Ended, Exit, FRAMES_MAX, Fault, Frame, How, Input, Move, Pending, Phase, Run,
    STEPS_MAX, Visit, millis_between,
};
use crate::flow::{Flow, Target};
use crate::node::NodeKind;
use crate::node::api_call::AfterAttempt;
use crate::outcome::Note;
use crate::step::{CaseTaken, Effect, Step};

/// Takes one input, and the run as far as it goes.
pub(super) fn take(
    flow: &Flow,
    run: &mut Run,
    input: Input,
    now: Timestamp,
    steps: &mut Vec<Step>,
    effects: &mut Vec<Effect>,
) -> Result<Action, Fault> {
    let mut walk = Walk { flow, now, steps, effects };
    match (std::mem::replace(&mut run.phase, Phase::Over), input) {
        (Phase::Entered, Input::Flow) => walk.on(run),
        (Phase::Connecting, Input::Connection(connected)) => {
            run.connected = Some(connected);
            walk.on(run)
        }
        (Phase::Jumping { .. }, Input::Flow) => {
            // A jump goes there for good: the variables go along, what was seen of calls does not.
            let mut frame = Frame::new(flow, Map::new());
            if let Some(left) = run.frames.pop() {
                frame.vars = left.vars;
                frame.shown = left.shown;
            }
            run.frames.push(frame);
            walk.on(run)
        }
        (Phase::Entering { step, vars, .. }, Input::Flow) => {
            run.callers.push(*step);
            run.frames.push(Frame::new(flow, vars));
            walk.on(run)
        }
        (Phase::Returning { completed, result, fault }, Input::Flow) => {
            walk.returned(run, completed, result, fault)
        }
        (Phase::Calling(pending), Input::Attempt(over)) => walk.attempt_over(run, *pending, *over),
        (Phase::Retrying(pending), Input::Woke) => {
            run.phase = Phase::Calling(pending);
            Ok(Action::Call)
        }
        (Phase::Waiting(step), Input::Woke) => walk.woke(run, *step),
        (Phase::Jumping { .. } | Phase::Entering { .. } | Phase::Returning { .. }, Input::NoFlow) => {
            Err(Fault::new("unknown-flow", "the flow that it goes to is not there"))
        }
        (phase, input) => {
            Err(Fault::new("out-of-step", format!("a run that is {phase:?} cannot be told {input:?}")))
        }
    }
}

/// One stretch of a run between two actions.
struct Walk<'a> {
    flow: &'a Flow,
    now: Timestamp,
    steps: &'a mut Vec<Step>,
    effects: &'a mut Vec<Effect>,
}

impl Walk<'_> {
    /// From node to node until one must act.
    fn on(&mut self, run: &mut Run) -> Result<Action, Fault> {
        let flow = self.flow;
        loop {
            if run.ordinal >= STEPS_MAX {
                let message = format!("the run took {STEPS_MAX} steps; a loop without an end is likely");
                return Err(Fault::new("step-limit", message));
            }
            let index = run.frame().node;
            let Some(node) = flow.node(index) else {
                return Err(Fault::new(
                    "out-of-step",
                    "the run stands at a node that its flow does not have",
                ));
            };
            if let NodeKind::ApiCall(call) = &node.kind
                && let Some(connection) = call.connection()
                && run.connected.as_ref().is_none_or(|connected| connected.id != connection)
            {
                run.phase = Phase::Connecting;
                return Ok(Action::Connect { connection: connection.to_owned() });
            }
            let mut visit = Visit::begin(run, flow, node, self.now);
            let entered = node.kind.enter(&mut visit);
            let (step, effects) = visit.over();
            // The next call asks anew: a connection may have changed.
            run.connected = None;
            self.effects.extend(effects);
            match entered {
                Ok(Move::Leave(exit)) => {
                    if let Some(action) = self.leave(run, step, exit)? {
                        return Ok(action);
                    }
                }
                Ok(Move::Call(pending)) => {
                    run.phase = Phase::Calling(pending);
                    return Ok(Action::Call);
                }
                Ok(Move::Wait { until }) => {
                    run.phase = Phase::Waiting(Box::new(step));
                    return Ok(Action::Sleep { until, retry: false });
                }
                Ok(Move::SubFlow { flow, vars }) => {
                    if run.frames.len() >= FRAMES_MAX {
                        let message = format!("sub-flows call one another more than {FRAMES_MAX} deep");
                        return Err(self.fault(step, Fault::new("sub-flow-depth", message)));
                    }
                    run.phase = Phase::Entering { flow, step: Box::new(step), vars };
                    return Ok(Action::Open);
                }
                Err(fault) => return Err(self.fault(step, fault)),
            }
        }
    }

    fn attempt_over(
        &mut self,
        run: &mut Run,
        mut pending: Pending,
        over: AttemptOver,
    ) -> Result<Action, Fault> {
        let flow = self.flow;
        let Some(NodeKind::ApiCall(call)) = flow.node(run.frame().node).map(|node| &node.kind) else {
            return Err(Fault::new("out-of-step", "an attempt ended at a node that calls nothing"));
        };
        let begun =
            Step::begin(String::new(), pending.step.kind, pending.step.visit, pending.step.started_at);
        let step = std::mem::replace(&mut pending.step, begun);
        let mut visit = Visit::resume(run, flow, step, self.now);
        let after = call.attempt_over(&mut visit, pending, over);
        let (step, _) = visit.over();
        match after {
            Ok(AfterAttempt::Retry { at, pending }) => {
                run.phase = Phase::Retrying(pending);
                Ok(Action::Sleep { until: at, retry: true })
            }
            Ok(AfterAttempt::Leave(exit)) => match self.leave(run, step, exit)? {
                Some(action) => Ok(action),
                None => self.on(run),
            },
            Err(fault) => Err(self.fault(step, fault)),
        }
    }

    fn woke(&mut self, run: &mut Run, step: Step) -> Result<Action, Fault> {
        let next = match self.flow.node(run.frame().node).map(|node| &node.kind) {
            Some(NodeKind::Wait(wait)) => wait.next.clone(),
            _ => return Err(Fault::new("out-of-step", "a wait ended at a node that does not wait")),
        };
        match self.leave(run, step, Exit::Next(next))? {
            Some(action) => Ok(action),
            None => self.on(run),
        }
    }

    /// A sub-flow is over: its caller's node goes on.
    fn returned(
        &mut self,
        run: &mut Run,
        completed: bool,
        result: Value,
        fault: Option<Fault>,
    ) -> Result<Action, Fault> {
        let flow = self.flow;
        let Some(step) = run.callers.pop() else {
            return Err(Fault::new("out-of-step", "a sub-flow ended that nobody called"));
        };
        let Some(NodeKind::GoToFlow(caller)) = flow.node(run.frame().node).map(|node| &node.kind) else {
            return Err(Fault::new("out-of-step", "a sub-flow ended at a node that called none"));
        };
        let mut visit = Visit::resume(run, flow, step, self.now);
        let exit = caller.returned(&mut visit, completed, result);
        let (step, _) = visit.over();
        let exit = match (exit, fault) {
            // Nobody takes the failure: it stays one.
            (Ok(Exit::Next(_)), Some(fault)) | (Err(fault), _) => return Err(self.fault(step, fault)),
            (Ok(exit), _) => exit,
        };
        match self.leave(run, step, exit)? {
            Some(action) => Ok(action),
            None => self.on(run),
        }
    }

    /// Writes the step down and moves on; an action where someone must do something first.
    fn leave(&mut self, run: &mut Run, mut step: Step, exit: Exit) -> Result<Option<Action>, Fault> {
        step.duration_ms = millis_between(step.started_at, self.now);
        let (case, target) = match exit {
            Exit::Next(Some(target)) => (CaseTaken::Next, target),
            Exit::Case(case, target) => (case, target),
            Exit::Next(None) => {
                self.steps.push(step);
                return Ok(Some(self.end_frame(run, true, Value::Null)));
            }
            Exit::End { completed, result } => {
                self.steps.push(step);
                return Ok(Some(self.end_frame(run, completed, result)));
            }
            Exit::Fail(message) => {
                return Err(self.fault(step, Fault::new("failure-ends-run", message)));
            }
        };
        step.case = case;
        step.to = Some(match &target {
            Target::Flow(slug) => format!("flow:{slug}"),
            Target::Node(index) => self.flow.node(*index).map(|n| n.id.clone()).unwrap_or_default(),
        });
        self.steps.push(step);
        if run.single && run.callers.is_empty() {
            return Ok(Some(self.end_frame(run, true, Value::Null)));
        }
        match target {
            Target::Node(index) => {
                run.frame_mut().node = index;
                Ok(None)
            }
            Target::Flow(flow) => {
                run.phase = Phase::Jumping { flow };
                Ok(Some(Action::Open))
            }
        }
    }

    /// A flow is over: the run with it, or back to the flow that called it.
    fn end_frame(&mut self, run: &mut Run, completed: bool, result: Value) -> Action {
        if run.callers.is_empty() {
            let how = if completed { How::Completed } else { How::Failed };
            run.end(Ended { how, result, fault: None });
            return Action::Finish;
        }
        run.return_to_caller(completed, result, None)
    }

    fn fault(&mut self, mut step: Step, mut fault: Fault) -> Fault {
        fault.node = Some(step.node.clone());
        step.duration_ms = millis_between(step.started_at, self.now);
        step.problems.push(Note { code: fault.code.clone(), message: fault.message.clone() });
        self.steps.push(step);
        fault
    }
}
