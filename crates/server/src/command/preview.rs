//! `callout preview`: what a node would do, explained, with nothing sent.

use anyhow::{Context, Result};
use callout_engine::{Preview, PreviewCall, Scrubber};
use callout_flow::id::OrgId;
use callout_flow::run::Start;
use callout_flow::step::{Effect, Step};
use serde_json::Value;

use crate::Exit;
use crate::args::NodeArgs;
use crate::command::ready::Ready;
use crate::command::run::find_node;
use crate::report::{ACCENT, BOLD, DIM, ERROR, GOOD, WARNING, paint, visible};

pub fn preview(args: &NodeArgs) -> Result<Exit> {
    let Some(ready) = Ready::load(&args.flow, &args.input)? else { return Ok(Exit::WrongInput) };
    let flow = ready.flow();
    let at = find_node(&flow, &args.node)?;
    let start = Start { at: Some(at), single: true, ..ready.start(&args.input, &flow)? };
    let flow = &*flow;
    let mut run = ready.engine.begin(flow, start);
    let mut scrubber = Scrubber::default();
    let org = OrgId::default_org();
    let preview = ready
        .runtime
        .block_on(ready.engine.preview(&org, flow, &mut run, &mut scrubber))
        .context("this node waits or calls another flow; it sends nothing")?;
    if args.input.json {
        let mut json = serde_json::to_value(&preview)?;
        scrubber.mask_json(&mut json);
        callout_flow::step::cut_bodies(&mut json);
        anstream::println!("{}", serde_json::to_string_pretty(&json)?);
    } else {
        let text = match &preview {
            Preview::Call(call) => call_in_words(call)?,
            Preview::Step { step, effects } => step_in_words(step, effects)?,
        };
        anstream::println!("{}", scrubber.mask(&text));
    }
    let refused = matches!(&preview, Preview::Call(call) if call.request.is_none()
        || call.verdict.as_ref().is_some_and(|verdict| !verdict.allow));
    Ok(if refused { Exit::Failed } else { Exit::Completed })
}

fn call_in_words(call: &PreviewCall) -> Result<String> {
    let mut lines = Vec::new();
    if let Some(request) = &call.request {
        lines.push(paint(format!("{} {}", request.method, visible(&request.url)), BOLD));
        for (name, value) in &request.headers {
            let values = match value {
                Value::Array(values) => values.clone(),
                one => vec![one.clone()],
            };
            for value in values {
                lines.push(format!("{name}: {}", visible(value.as_str().unwrap_or_default())));
            }
        }
        match &request.body {
            Value::Null => {}
            Value::String(text) => lines.push(format!("\n{}", visible(text))),
            other => lines.push(format!("\n{other}")),
        }
        lines.push(String::new());
    }
    for invalid in &call.invalid {
        lines.push(format!("{} {}: {}", paint("invalid", ERROR), invalid.at, visible(&invalid.message)));
    }
    if call.request.is_none() {
        lines.push("nothing would be sent; the outcome would be `invalid`".to_owned());
    }
    if let Some(verdict) = &call.verdict {
        let (word, style) = if verdict.allow { ("allow", GOOD) } else { ("block", ERROR) };
        let line = format!("{} {} {}", label("guard"), paint(word, style), visible(&verdict.message));
        lines.push(line.trim_end().to_owned());
    }
    let retry = &call.retry;
    lines.push(format!("{} {}", label("retry"), retry.rule));
    if retry.max_attempts > 1 {
        lines.push(format!("         on {}, within {} ms", retry.on.join(", "), retry.within_ms));
    }
    lines.push(format!("{} {} ms for each attempt", label("time"), retry.timeout_ms));
    for fed in &call.fed {
        let reads: Vec<String> = fed.reads.iter().map(ToString::to_string).collect();
        let line = format!("{} ← {}", fed.at, reads.join(", "));
        lines.push(format!("{} {}", label("fed"), paint(visible(&line), ACCENT)));
    }
    for note in &call.problems {
        lines.push(format!("{} {}: {}", paint("note", WARNING), note.code, visible(&note.message)));
    }
    Ok(lines.join("\n"))
}

fn step_in_words(step: &Step, effects: &[Effect]) -> Result<String> {
    let mut lines = vec![paint(format!("{} {}", step.kind, step.node), BOLD)];
    for (name, value) in &step.set {
        lines.push(format!("{} {name} = {}", label("set"), visible(&value.to_string())));
    }
    for effect in effects {
        lines.push(format!(
            "{} {}",
            label(effect.kind),
            visible(&serde_json::to_string_pretty(&effect.data)?)
        ));
    }
    for note in &step.problems {
        lines.push(format!("{} {}: {}", paint("note", WARNING), note.code, visible(&note.message)));
    }
    Ok(lines.join("\n"))
}

/// Padded before it is painted: a style has characters of its own.
fn label(word: &str) -> String {
    paint(format!("{word:<8}"), DIM)
}
