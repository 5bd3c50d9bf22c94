//! One node's ways out: what its cases take, in the order in which they are tried, and what they leave.

use super::outcomes::OutcomeSet;
use crate::draft::CaseDraft;
use crate::node::NodeDraft;
use crate::node::api_call::draft::{ApiCallDraft, Mode, OnFailure};
use crate::node::go_to_flow::GoToMode;
use crate::outcome_key::OutcomeMatch;
use crate::problem::{FieldPath, Problem};

/// One way out of a node.
#[derive(Clone, Debug)]
pub(super) struct Way<'d> {
    /// The case's position, or none for `next`.
    pub case: Option<usize>,
    pub to: &'d str,
    /// The field that names the target.
    pub at: FieldPath,
    /// The outcomes that can go this way.
    pub outcomes: OutcomeSet,
    /// The condition that holds where it is taken.
    pub when: Option<&'d str>,
    /// Conditions that do not hold where it is taken: those of a branch's earlier cases.
    pub denied: Vec<&'d str>,
    /// Whether an expression decides if this way is taken.
    pub conditional: bool,
}

/// All ways out of a node, and what none of them takes for certain.
#[derive(Clone, Debug)]
pub(super) struct Routes<'d> {
    pub ways: Vec<Way<'d>>,
    /// Positions of cases that can never be taken.
    unreachable: Vec<usize>,
    /// What the cases leave for `next`.
    pub left: OutcomeSet,
    /// The 2xx that only `other` takes.
    by_other_only: OutcomeSet,
    /// The conditions of a branch, none of which holds where `next` is taken.
    denied: Vec<&'d str>,
}

/// A case as the analysis sees it.
struct Tried<'d> {
    on: Vec<OutcomeMatch>,
    when: Option<&'d str>,
    /// A `result` or a `when` decides.
    conditional: bool,
    /// It compares with a result that there is not.
    never: bool,
    to: &'d str,
}

impl<'d> Routes<'d> {
    pub(super) fn of(node: &'d NodeDraft, at: &FieldPath) -> Self {
        match node {
            NodeDraft::ApiCall(call) => {
                let tried: Vec<_> = call.cases.iter().map(|c| Tried::of(c, has_result(call))).collect();
                let mut routes = Self::try_all(&tried, &OutcomeSet::of_call(), at);
                let to_next = match call.on_failure {
                    Some(OnFailure::End) => routes.left.successes(),
                    _ => routes.left,
                };
                routes.push_next(call.next.as_deref(), to_next, at);
                routes
            }
            NodeDraft::Branch(branch) => {
                let tried = |way: &'d crate::node::branch::BranchCaseDraft| Tried {
                    on: Vec::new(),
                    when: Some(&way.when),
                    conditional: true,
                    never: false,
                    to: &way.to,
                };
                let tried: Vec<_> = branch.cases.iter().map(tried).collect();
                Self::try_all(&tried, &OutcomeSet::done(), at).then_next(branch.next.as_deref(), at)
            }
            NodeDraft::GoToFlow(go) if go.mode == GoToMode::SubFlow => {
                let tried: Vec<_> = go.cases.iter().map(|case| Tried::of(case, true)).collect();
                Self::try_all(&tried, &OutcomeSet::of_sub_flow(), at).then_next(go.next.as_deref(), at)
            }
            NodeDraft::GoToFlow(_) | NodeDraft::End(_) => Self::try_all(&[], &OutcomeSet::none(), at),
            NodeDraft::SetVars(node) => Self::only(node.next.as_deref(), at),
            NodeDraft::Message(node) => Self::only(node.next.as_deref(), at),
            NodeDraft::ScreenPop(node) => Self::only(node.next.as_deref(), at),
            NodeDraft::Handoff(node) => Self::only(node.next.as_deref(), at),
            NodeDraft::Wait(node) => Self::only(node.next.as_deref(), at),
        }
    }

    fn only(next: Option<&'d str>, at: &FieldPath) -> Self {
        Self::try_all(&[], &OutcomeSet::done(), at).then_next(next, at)
    }

    fn then_next(mut self, next: Option<&'d str>, at: &FieldPath) -> Self {
        self.push_next(next, self.left, at);
        self
    }

    fn push_next(&mut self, next: Option<&'d str>, outcomes: OutcomeSet, at: &FieldPath) {
        if let Some(to) = next.filter(|_| !outcomes.is_empty()) {
            let conditional = self.ways.iter().any(|way| way.conditional);
            let denied = self.denied.clone();
            self.ways.push(Way {
                case: None,
                to,
                at: at.key("next"),
                outcomes,
                when: None,
                denied,
                conditional,
            });
        }
    }

    /// Cases are tried in order, then once more for `other`, which is tried last wherever it stands.
    fn try_all(cases: &[Tried<'d>], all: &OutcomeSet, at: &FieldPath) -> Self {
        let mut left = *all;
        let mut named_by_any = OutcomeSet::none();
        let mut taken: Vec<OutcomeSet> = vec![OutcomeSet::none(); cases.len()];
        let mut has_other = false;
        for last in [false, true] {
            if last {
                has_other = cases.iter().any(|case| case.on.contains(&OutcomeMatch::Other));
            }
            let before = left;
            for (index, case) in cases.iter().enumerate().filter(|(_, case)| !case.never) {
                let words: Vec<OutcomeMatch> =
                    case.on.iter().copied().filter(|word| (*word == OutcomeMatch::Other) == last).collect();
                if words.is_empty() && (last || !case.on.is_empty()) {
                    continue;
                }
                let named = left.named(&words);
                taken[index] = taken[index].with(&named);
                if !last {
                    named_by_any = named_by_any.with(&before.named(&words));
                }
                if !case.conditional {
                    left = left.without(&named);
                }
            }
        }
        let by_other_only = match has_other {
            true => all.successes().without(&named_by_any),
            false => OutcomeSet::none(),
        };
        let mut ways = Vec::new();
        let mut conditional = false;
        // Where outcomes decide too, a case that was passed over says nothing of its condition.
        let is_branch = cases.iter().all(|case| case.on.is_empty() && case.when.is_some());
        let whens: Vec<&str> = cases.iter().filter(|_| is_branch).filter_map(|case| case.when).collect();
        for (index, (case, outcomes)) in
            cases.iter().zip(&taken).enumerate().filter(|(_, (_, o))| !o.is_empty())
        {
            conditional |= case.conditional;
            ways.push(Way {
                case: Some(index),
                to: case.to,
                at: at.key("cases").index(index).key("to"),
                outcomes: *outcomes,
                when: case.when,
                denied: whens.iter().take(index).copied().collect(),
                conditional,
            });
        }
        let unreachable = (0..cases.len()).filter(|index| taken[*index].is_empty()).collect();
        Self { ways, unreachable, left, by_other_only, denied: whens }
    }
}

impl<'d> Tried<'d> {
    fn of(draft: &'d CaseDraft, has_result: bool) -> Self {
        Self {
            // A key that cannot be read is told elsewhere, and names nothing here.
            on: draft.on.0.iter().filter_map(|text| OutcomeMatch::parse(text).ok()).collect(),
            when: draft.when.as_deref(),
            conditional: draft.when.is_some() || draft.result.is_some(),
            never: draft.result.is_some() && !has_result,
            to: &draft.to,
        }
    }
}

/// Whether there is a value that `result` may be compared with. An operation may bring its own.
fn has_result(call: &ApiCallDraft) -> bool {
    call.result_path.is_some() || call.mode == Mode::Integration
}

/// Tells of cases that cannot be taken and of outcomes that lead nowhere.
pub(super) fn check(node: &NodeDraft, at: &FieldPath, problems: &mut Vec<Problem>) {
    let routes = Routes::of(node, at);
    for index in &routes.unreachable {
        let (message, fix) = match node {
            NodeDraft::ApiCall(call) if call.cases[*index].result.is_some() && !has_result(call) => (
                "the case compares `result`, and there is no `resultPath` that says which value that is",
                "Give the node a `resultPath`, as `$.status`.",
            ),
            _ => (
                "the case is never taken: those that are tried before it take all that it matches",
                "Move it up, narrow the cases before it, or take it out. `other` is tried last wherever it stands.",
            ),
        };
        // A case with a key that cannot be read has a problem of its own.
        if case_on(node, *index).iter().all(|text| OutcomeMatch::parse(text).is_ok()) {
            problems.push(Problem::warning("case-unreachable", at.key("cases").index(*index), message, fix));
        }
    }
    match node {
        NodeDraft::ApiCall(call) => {
            check_successes(&routes, at, problems);
            if call.next.is_none() {
                let left = match call.on_failure {
                    Some(OnFailure::End) => routes.left.successes(),
                    _ => routes.left,
                };
                check_left(&left, call.on_failure, at, problems);
            }
        }
        NodeDraft::GoToFlow(go) if go.mode == GoToMode::Jump => {
            if !go.cases.is_empty() || go.next.is_some() {
                let message = "nothing comes after a jump: `next` and `cases` are not used";
                let fix = "Use `mode: subFlow` to come back, or take them out.";
                problems.push(Problem::warning("case-unreachable", at.clone(), message, fix));
            }
        }
        NodeDraft::GoToFlow(go) if go.next.is_none() && !routes.left.is_empty() => {
            let left = if routes.left.failures().is_empty() { "`success`" } else { "`failed`" };
            let left = if routes.left.iter().count() > 1 { "`success` nor `failed`" } else { left };
            let message = format!("nothing is wired to {left}: the run ends there");
            let message =
                if left.contains("nor") { message.replace("to `", "to neither `") } else { message };
            problems.push(Problem::warning("unwired-exit", at.clone(), message, UNWIRED_FIX));
        }
        NodeDraft::End(_) | NodeDraft::GoToFlow(_) => {}
        _ => check_exit(node, &routes, at, problems),
    }
}

const UNWIRED_FIX: &str = "Give it a `next`, or lead it to an `end` node.";

fn check_exit(node: &NodeDraft, routes: &Routes<'_>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if !routes.ways.iter().any(|way| way.case.is_none()) {
        let message = match node {
            NodeDraft::Branch(_) => "nothing is wired to the case that no `when` holds: the run ends there",
            _ => "nothing is wired to come after this node: the run ends here",
        };
        problems.push(Problem::warning("unwired-exit", at.clone(), message, UNWIRED_FIX));
    }
}

fn check_successes(routes: &Routes<'_>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if !routes.by_other_only.is_empty() {
        let message = format!(
            "a success ({}) would be caught by `other` alone, as if it were a failure",
            routes.by_other_only.in_words()
        );
        let fix = "Add a case `on: 2xx` for the success.";
        problems.push(Problem::warning("success-not-routed", at.key("cases"), message, fix));
    }
}

fn check_left(left: &OutcomeSet, on_failure: Option<OnFailure>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if left.is_empty() {
        return;
    }
    let message = format!("nothing is wired to the outcomes {}", left.in_words());
    let mut fix = "Add a `next`, or a case `on: other`".to_owned();
    if on_failure != Some(OnFailure::End) && left.successes().is_empty() {
        fix.push_str(", or `onFailure: end`");
    }
    fix.push('.');
    problems.push(Problem::error("outcome-unwired", at.clone(), message, fix));
}

fn case_on(node: &NodeDraft, index: usize) -> &[String] {
    match node {
        NodeDraft::ApiCall(call) => call.cases.get(index).map_or(&[], |case| &case.on.0),
        NodeDraft::GoToFlow(go) => go.cases.get(index).map_or(&[], |case| &case.on.0),
        _ => &[],
    }
}
