//! A plan, shown to people and to programs.

use serde_json::{Value, json};

use super::plan::{Act, DocumentStep, Plan};
use crate::report::{BOLD, DIM, ERROR, GOOD, WARNING, paint, visible};

/// How many changes of one document are told one by one.
const CHANGES_TOLD_MAX: usize = 20;

/// Prints it, what stays as it is as a number.
pub fn for_people(plan: &Plan) {
    let mut unchanged = 0;
    for step in &plan.integrations {
        unchanged += document(step);
    }
    for step in &plan.connections {
        if step.act == Act::Nothing && step.notes.is_empty() {
            unchanged += 1;
            continue;
        }
        head("connection", &step.id, word(step.act), &step.file);
        if !step.fields.is_empty() {
            line("", &step.fields.join(", "));
        }
        for (name, (variable, value)) in &step.secrets {
            let unset = if value.is_some() { "" } else { ", which is not set" };
            line("", &format!("the secret `{name}`, from {variable}{unset}"));
        }
        step.notes.iter().for_each(|note| line(&paint("note ", WARNING), note));
    }
    for step in &plan.flows {
        unchanged += document(step);
    }
    if unchanged > 0 {
        anstream::println!("{}", paint(format!("{unchanged} unchanged"), DIM));
    }
    if !plan.beyond.is_empty() {
        let all: Vec<String> = plan.beyond.iter().map(|(kind, id)| format!("{kind} {id}")).collect();
        anstream::println!(
            "{} {}",
            paint("on the server only, and left alone:", DIM),
            visible(&all.join(", "))
        );
    }
}

/// Prints what is done with a document; 1 where that is nothing.
fn document(step: &DocumentStep) -> usize {
    if step.act == Act::Nothing {
        return 1;
    }
    let version = match (step.act, step.version) {
        (_, Some(version)) if version == step.becomes => format!("its draft goes back to version {version}"),
        (Act::Publish, _) => format!("its draft is published as version {}", step.becomes),
        (_, None) => format!("{}, as version {}", word(step.act), step.becomes),
        (_, Some(version)) => format!("{}, version {version} becomes {}", word(step.act), step.becomes),
    };
    head(step.kind.word(), &step.slug, &version, &step.file);
    for change in step.changes.iter().take(CHANGES_TOLD_MAX) {
        let mark = if change.breaking { paint("breaking ", ERROR) } else { String::new() };
        line(&mark, &change.text);
    }
    if let Some(more) = step.changes.len().checked_sub(CHANGES_TOLD_MAX).filter(|more| *more > 0) {
        line("", &format!("… and {more} more"));
    }
    step.notes.iter().for_each(|note| line(&paint("note ", WARNING), note));
    0
}

fn head(kind: &str, id: &str, what: &str, file: &str) {
    anstream::println!("{kind} {} {what}  {}", paint(visible(id), BOLD), paint(visible(file), DIM));
}

fn line(mark: &str, text: &str) {
    anstream::println!("    {mark}{}", visible(text));
}

fn word(act: Act) -> &'static str {
    match act {
        Act::Create => "is new",
        Act::Change => "changes",
        Act::Publish => "is published",
        Act::Nothing => "stays",
    }
}

/// Prints that nothing is to be done.
pub fn nothing(server: &str) {
    anstream::println!("{}", paint(format!("{server} is as the folder"), GOOD));
}

/// The plan as JSON, and whether it was carried out. No value of a secret is in it.
pub fn json(plan: &Plan, server: &str, applied: bool) -> Value {
    let document = |step: &DocumentStep| {
        json!({ "kind": step.kind.word(), "id": step.slug, "file": step.file, "act": step.act, "version": step.version,
            "becomes": step.becomes, "changes": step.changes, "notes": step.notes })
    };
    let mut steps: Vec<Value> = plan.integrations.iter().map(document).collect();
    steps.extend(plan.connections.iter().map(|step| {
        let secrets: Vec<Value> = step.secrets.iter()
            .map(|(name, (variable, value))| json!({ "name": name, "env": variable, "set": value.is_some() }))
            .collect();
        json!({ "kind": "connection", "id": step.id, "file": step.file, "act": step.act, "fields": step.fields,
            "secrets": secrets, "notes": step.notes })
    }));
    steps.extend(plan.flows.iter().map(document));
    let beyond: Vec<Value> = plan.beyond.iter().map(|(kind, id)| json!({ "kind": kind, "id": id })).collect();
    json!({ "server": server, "applied": applied, "steps": steps, "beyond": beyond })
}
