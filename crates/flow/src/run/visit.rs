//! One visit of one node: what it may read, and what it leaves to be recorded.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::flow::Flow;
use crate::node::Node;
use crate::render::UrlTemplate;
use crate::run::{Fault, Run, VARS_BYTES_MAX};
use crate::scope::Scope;
use crate::shared::Shared;
use crate::step::{Effect, Step};
use crate::template::{JsonTemplate, Template, TextTemplate};

/// A node being visited.
#[derive(Debug)]
pub struct Visit<'a> {
    pub run: &'a mut Run,
    pub flow: &'a Flow,
    pub now: Timestamp,
    pub step: Step,
    effects: Vec<Effect>,
}

/// The values of the roots that are made for a visit rather than kept.
#[derive(Debug)]
pub struct VisitRoots {
    run: Value,
    flow: Value,
    now: Value,
}

impl<'a> Visit<'a> {
    pub(super) fn begin(run: &'a mut Run, flow: &'a Flow, node: &Node, now: Timestamp) -> Self {
        run.ordinal += 1;
        let in_sub_flow = run.frames.first().is_some_and(|first| first.flow != flow.slug);
        let visits = run.frame_mut().visits.entry(node.id.clone()).or_insert(0);
        *visits += 1;
        let step = Step {
            name: node.name.clone(),
            flow: in_sub_flow.then(|| flow.slug.clone()),
            ..Step::begin(node.id.clone(), node.kind.word(), *visits, now)
        };
        Self::resume(run, flow, step, now)
    }

    pub(super) fn resume(run: &'a mut Run, flow: &'a Flow, step: Step, now: Timestamp) -> Self {
        Self { run, flow, now, step, effects: Vec::new() }
    }

    /// Hands the step on to a call that goes on with it.
    pub(crate) fn take_step(&mut self) -> Step {
        let left = Step::begin(self.step.node.clone(), self.step.kind, self.step.visit, self.step.started_at);
        std::mem::replace(&mut self.step, left)
    }

    pub(super) fn over(self) -> (Step, Vec<Effect>) {
        (self.step, self.effects)
    }

    pub(crate) fn roots(&self) -> VisitRoots {
        if !self.flow.reads().has_made_roots() {
            return VisitRoots { run: Value::Null, flow: Value::Null, now: Value::Null };
        }
        VisitRoots {
            run: serde_json::json!({ "id": self.run.id }),
            flow: serde_json::json!({
                "slug": self.flow.slug, "name": self.flow.name,
                "number": self.flow.number, "version": self.flow.version,
            }),
            now: self.now.to_string().into(),
        }
    }

    /// What a template at this node may read.
    pub(crate) fn scope<'s>(&'s self, roots: &'s VisitRoots) -> Scope<'s> {
        let frame = self.run.frame();
        Scope {
            vars: Some(&frame.vars),
            event: Some(&self.run.event),
            contact: Some(&self.run.contact),
            conversation: self.run.event.get("conversation"),
            run: Some(&roots.run),
            flow: Some(&roots.flow),
            steps: Some(&frame.views),
            now: Some(&roots.now),
            conn: self.run.connected.as_ref().map(|connected| &connected.config),
            secret: self.run.connected.as_ref().map(|connected| &connected.marks),
            ..Scope::default()
        }
    }

    pub(crate) fn render_json(&mut self, template: &JsonTemplate) -> Result<Value, Fault> {
        let roots = self.roots();
        let rendered = template.render(&self.scope(&roots)).map_err(template_fault)?;
        self.step.problems.extend(rendered.notes);
        Ok(rendered.value)
    }

    pub(crate) fn render_text(&self, template: &TextTemplate) -> Result<String, Fault> {
        let roots = self.roots();
        template.render(&self.scope(&roots)).map_err(template_fault)
    }

    pub(crate) fn render_plain(&self, template: &Template) -> Result<String, Fault> {
        let roots = self.roots();
        template.render_plain(&self.scope(&roots)).map_err(template_fault)
    }

    pub(crate) fn render_optional(&self, template: Option<&Template>) -> Result<Value, Fault> {
        template.map_or(Ok(Value::Null), |template| self.render_plain(template).map(Value::from))
    }

    pub(crate) fn render_url(&self, template: &UrlTemplate) -> Result<String, Fault> {
        let roots = self.roots();
        let rendered = template.render(&self.scope(&roots));
        rendered.map(String::from).map_err(|invalid| {
            let told: Vec<String> = invalid.iter().map(|i| i.message.clone()).collect();
            Fault::new("template-failed", told.join("; "))
        })
    }

    /// Replaces variables together: a value sets, none clears. `shown` has what stands for those that hold
    /// something sensitive wherever they are shown.
    pub(crate) fn set(
        &mut self,
        values: Vec<(String, Option<Shared>)>,
        mut shown: IndexMap<String, Value>,
    ) -> Result<(), Fault> {
        let frame = self.run.frame_mut();
        for (name, value) in values {
            frame.shown.shift_remove(&name);
            match value {
                Some(value) => {
                    let told = match shown.shift_remove(&name) {
                        Some(mask) => {
                            frame.shown.insert(name.clone(), mask.clone());
                            mask.into()
                        }
                        None => value.clone(),
                    };
                    self.step.set.insert(name.clone(), told);
                    frame.vars.insert(name, value);
                }
                None => {
                    self.step.set.shift_remove(&name);
                    if frame.vars.remove(&name) {
                        self.step.unset.push(name);
                    }
                }
            }
        }
        if self.run.frame().vars.size() > VARS_BYTES_MAX {
            return Err(Fault::new(
                "vars-too-large",
                format!("the run's variables are more than {VARS_BYTES_MAX} bytes"),
            ));
        }
        Ok(())
    }

    /// Notes texts that must not be shown anywhere.
    pub(crate) fn secrets(&mut self, texts: impl IntoIterator<Item = String>) {
        self.run.secrets.extend(texts);
    }

    /// Keeps what `steps.<node>` reads of this visit.
    pub(crate) fn view(&mut self, view: Value) {
        let node = self.step.node.clone();
        self.run.frame_mut().views.insert(node, view.into());
    }

    pub(crate) fn effect(&mut self, kind: &'static str, to: Value, data: Value) {
        self.run.effects += 1;
        let name = format!("callout/effect/{}/{}", self.run.id, self.run.effects);
        let digest: String = Sha256::digest(name)[..12].iter().map(|byte| format!("{byte:02x}")).collect();
        let (run, node) = (self.run.id.as_str().to_owned(), self.step.node.clone());
        self.effects.push(Effect { id: format!("eff_{digest}"), run, node, kind, to, data });
    }
}

fn template_fault(error: impl std::fmt::Display) -> Fault {
    Fault::new("template-failed", error.to_string())
}
