//! `callout run` and `callout try`: a flow, or one node of it, in the terminal.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use callout_engine::{Scrubber, Waits, Walked};
use callout_flow::flow::{Flow, Trigger};
use callout_flow::id::OrgId;
use callout_flow::run::Start;
use callout_store::RunStatus;
use serde_json::{Map, Value};

use crate::Exit;
use crate::args::{InputArgs, NodeArgs, RunArgs};
use crate::command::ready::Ready;
use crate::trace::Trace;

pub fn run(args: &RunArgs) -> Result<Exit> {
    let Some(ready) = Ready::load(&args.flow, &args.input)? else { return Ok(Exit::WrongInput) };
    let flow = ready.flow();
    if args.input.event.is_none() && matches!(flow.trigger, Trigger::Event { .. }) {
        bail!("this flow starts on an event: give one with --event FILE, or --event - for standard input");
    }
    let start = ready.start(&args.input, &flow)?;
    warn_of_trigger(&flow, &start);
    ready.carry_out(&flow, start, &args.input)
}

pub fn try_node(args: &NodeArgs) -> Result<Exit> {
    let Some(ready) = Ready::load(&args.flow, &args.input)? else { return Ok(Exit::WrongInput) };
    let flow = ready.flow();
    let at = find_node(&flow, &args.node)?;
    let start = Start { at: Some(at), single: true, ..ready.start(&args.input, &flow)? };
    ready.carry_out(&flow, start, &args.input)
}

impl Ready {
    pub(super) fn start(&self, input: &InputArgs, flow: &Flow) -> Result<Start> {
        let event = match &input.event {
            Some(path) => read_object(path, "the event")?,
            None => match &flow.trigger {
                Trigger::Event { event, .. } => serde_json::json!({ "name": event }),
                Trigger::Api => serde_json::json!({}),
            },
        };
        let contact = match &input.contact {
            Some(path) => read_object(path, "the contact")?,
            None => event.get("contact").cloned().unwrap_or(Value::Null),
        };
        Ok(Start { event, contact, vars: read_vars(&input.var)?, ..Start::default() })
    }

    fn carry_out(&self, flow: &Flow, start: Start, input: &InputArgs) -> Result<Exit> {
        let (waits, json) = (if input.skip_waits { Waits::Skip } else { Waits::Stop }, input.json);
        if !input.reply.is_empty() {
            anstream::eprintln!("warning: no node of this version asks a question; --reply has no effect");
        }
        let mut trace = Trace::new(json);
        trace.begin(flow, &start.event);
        let walked = self.walk(flow, start, waits, &mut trace)?;
        trace.end(&walked);
        if json {
            let record: Value = serde_json::from_slice(&walked.record)?;
            anstream::println!("{}", serde_json::to_string_pretty(&record)?);
        }
        Ok(match walked.status {
            RunStatus::Completed => Exit::Completed,
            RunStatus::Waiting | RunStatus::Running => Exit::Waiting,
            RunStatus::Failed | RunStatus::Cancelled => Exit::Failed,
        })
    }

    fn walk(&self, flow: &Flow, start: Start, waits: Waits, trace: &mut Trace) -> Result<Walked> {
        let mut watch = |progress: callout_engine::Progress<'_>, scrubber: &Scrubber| {
            trace.show(&progress, scrubber);
        };
        let org = OrgId::default_org();
        let walk = self.engine.walk(&org, &flow.slug, start, waits, &mut watch);
        self.runtime.block_on(walk).map_err(|error| anyhow::anyhow!("{error}"))
    }
}

pub(super) fn find_node(flow: &Flow, id: &str) -> Result<usize> {
    flow.index_of(id).with_context(|| {
        let ids: Vec<&str> = flow.nodes().map(|node| node.id.as_str()).collect();
        format!("there is no node `{id}`; the nodes are: {}", ids.join(", "))
    })
}

/// In a server the trigger decides whether an event starts a run; here the command does, and the difference is told.
fn warn_of_trigger(flow: &Flow, start: &Start) {
    let Trigger::Event { event, when } = &flow.trigger else { return };
    let name = start.event.get("name").and_then(Value::as_str);
    if name != Some(event) {
        let has = name.map_or_else(|| "has no `name`".to_owned(), |name| format!("is named `{name}`"));
        anstream::eprintln!(
            "warning: the flow starts on `{event}` and the event {has}: a server would not start it"
        );
    }
    if let Some(when) = when
        && !when.holds(&start.scope()).unwrap_or(false)
    {
        anstream::eprintln!(
            "warning: the trigger's `when: {}` does not hold for this event: a server would not start it",
            when.source()
        );
    }
}

fn read_object(path: &PathBuf, what: &str) -> Result<Value> {
    let from = if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
        bytes
    } else {
        std::fs::read(path).with_context(|| format!("cannot read {what} {from}"))?
    };
    let parsed = callout_flow::json::parse(&bytes).map_err(|e| {
        anyhow::anyhow!("{what} in {from} is not JSON: line {}, column {}: {}", e.line, e.column, e.message)
    })?;
    if parsed.numbers_kept_as_text > 0 {
        anstream::eprintln!(
            "warning: {what} in {from} has a number that nothing holds without loss; it is kept as a text"
        );
    }
    if !parsed.value.is_object() {
        bail!("{what} in {from} must be a JSON object");
    }
    Ok(parsed.value)
}

fn read_vars(texts: &[String]) -> Result<Map<String, Value>> {
    let mut vars = Map::new();
    for text in texts {
        let (name, json) = text.split_once('=').with_context(|| {
            format!("--var {text}: write it as name=JSON, such as count=3 or who='\"Ada\"'")
        })?;
        if !callout_flow::node::is_variable_name(name) {
            bail!("--var {text}: `{name}` cannot name a variable: use letters, digits and _");
        }
        let parsed = callout_flow::json::parse(json.as_bytes()).map_err(|e| {
            anyhow::anyhow!(
                "--var {text}: the value is not JSON (column {}: {}); a text needs its quotes: {name}='\"{json}\"'",
                e.column,
                e.message
            )
        })?;
        vars.insert(name.to_owned(), parsed.value);
    }
    Ok(vars)
}
