//! A run as people read it, while it happens.

use std::io::IsTerminal;
use std::time::Duration;

use callout_engine::{Progress, Scrubber, Walked};
use callout_flow::flow::Flow;
use callout_flow::step::{Attempt, CaseTaken, Effect, Sent, Step};
use callout_store::RunStatus;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::report::{ACCENT, BOLD, DIM, ERROR, GOOD, WARNING, paint, visible};

/// The most characters of a value that a line shows.
const VALUE_CHARS_MAX: usize = 100;
/// How often the waiting line is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Prints a run. Every line is masked before it is shown.
#[derive(Debug)]
pub struct Trace {
    /// With `--json` only the record is printed; what waits still shows on a terminal.
    quiet: bool,
    waiting: Option<ProgressBar>,
    /// Effects come before the step that caused them is complete; they are shown below it.
    effects: Vec<Effect>,
    /// A wait that was skipped, to be told with its step.
    skipped: Option<String>,
    steps: usize,
    calls: usize,
}

/// Set by every call and told by its lines already.
const TOLD_ALREADY: [&str; 4] = ["httpStatus", "httpOk", "httpHeaders", "httpError"];

impl Trace {
    pub fn new(quiet: bool) -> Self {
        Self { quiet, waiting: None, effects: Vec::new(), skipped: None, steps: 0, calls: 0 }
    }

    pub fn begin(&self, flow: &Flow, event: &Value) {
        let event = event.get("name").and_then(Value::as_str).unwrap_or("no event");
        let line = format!("{}  {}", paint(&flow.slug, BOLD), paint(event, DIM));
        self.line(&line, &Scrubber::new());
    }

    pub fn show(&mut self, progress: &Progress<'_>, scrubber: &Scrubber) {
        if let Some(waiting) = self.waiting.take() {
            waiting.finish_and_clear();
        }
        match progress {
            Progress::Calling { attempt, attempts_max, request, .. } => {
                let of =
                    if *attempts_max > 1 { format!(" ({attempt} of {attempts_max})") } else { String::new() };
                let line = format!("{} {}{of}", request.method, visible(&request.url));
                self.wait(&scrubber.mask(&line));
            }
            Progress::Retrying { until, attempt, attempts_max } => {
                self.wait(&format!("attempt {attempt} of {attempts_max} at {until}"));
            }
            Progress::Waiting { until, skipped: true } => {
                self.skipped = Some(format!("skipped the wait until {until}"))
            }
            Progress::Waiting { until, skipped: false } => {
                self.line(&format!("  {} until {until}", paint("waits", WARNING)), scrubber);
            }
            Progress::Effect(effect) => self.effects.push((*effect).clone()),
            Progress::Step(step) => {
                self.steps += 1;
                self.step(step, scrubber);
            }
        }
    }

    pub fn end(&mut self, walked: &Walked) {
        let scrubber = &walked.scrubber;
        if let Some(waiting) = self.waiting.take() {
            waiting.finish_and_clear();
        }
        let (word, style) = match walked.status {
            RunStatus::Completed => ("completed", GOOD),
            RunStatus::Failed => ("failed", ERROR),
            RunStatus::Cancelled => ("cancelled", WARNING),
            RunStatus::Waiting | RunStatus::Running => ("waiting", WARNING),
        };
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let counts = format!("{}, {}", plural(self.steps, "step"), plural(self.calls, "request"));
        let took = walked.ended_at.map_or(String::new(), |ended| {
            format!(" in {} ms", ended.duration_since(walked.started_at).as_millis())
        });
        self.line(&format!("{}{took} · {counts}", paint(word, style)), scrubber);
        if let Some(error) = &walked.error {
            let node = error.node.as_ref().map_or(String::new(), |node| format!(" at `{node}`"));
            self.line(
                &format!("  {}{node}: {}", paint(&error.code, ERROR), visible(&error.message)),
                scrubber,
            );
        }
        if !walked.result.is_null() {
            self.line(&format!("  result {}", short(&walked.result, scrubber)), scrubber);
        }
    }

    fn step(&mut self, step: &Step, scrubber: &Scrubber) {
        let title = step.name.as_deref().unwrap_or(step.kind);
        let flow = step.flow.as_ref().map_or(String::new(), |flow| format!("{flow}/"));
        let visit = if step.visit > 1 { format!(" (visit {})", step.visit) } else { String::new() };
        self.line(
            &format!(
                "  {}  {}",
                paint(format!("{flow}{}", step.node), ACCENT),
                paint(format!("{title}{visit}"), DIM)
            ),
            scrubber,
        );
        if let Some(request) = &step.request {
            self.detail(&format!("{} {}", request.method, visible(&request.url)), scrubber);
        }
        for attempt in &step.attempts {
            self.calls += usize::from(attempt.sent != Sent::No);
            self.detail(&attempt_line(attempt, step), scrubber);
            for hop in &attempt.hops {
                self.detail(&format!("{} → {} {}", hop.status, hop.method, visible(&hop.url)), scrubber);
            }
        }
        if let (Some(skipped), "wait") = (&self.skipped, step.kind) {
            self.detail(skipped, scrubber);
            self.skipped = None;
        }
        for (name, value) in step.set.iter().filter(|(name, _)| !TOLD_ALREADY.contains(&name.as_str())) {
            self.detail(&format!("{} {name} = {}", paint("set", DIM), short(value, scrubber)), scrubber);
        }
        for name in &step.unset {
            self.detail(&format!("{} {name}", paint("unset", DIM)), scrubber);
        }
        let (own, others) = std::mem::take(&mut self.effects).into_iter().partition(|e| e.node == step.node);
        self.effects = others;
        let own: Vec<Effect> = own;
        for line in own.iter().flat_map(|effect| effect_lines(effect, scrubber)) {
            self.detail(&line, scrubber);
        }
        for problem in &step.problems {
            let line = format!("{} {}: {}", paint("note", WARNING), problem.code, visible(&problem.message));
            self.detail(&line, scrubber);
        }
        self.detail(&way_line(step), scrubber);
    }

    fn detail(&self, line: &str, scrubber: &Scrubber) {
        self.line(&format!("      {line}"), scrubber);
    }

    fn line(&self, line: &str, scrubber: &Scrubber) {
        if !self.quiet {
            anstream::println!("{}", scrubber.mask(line));
        }
    }

    /// A line that moves while something is under way; only where someone watches.
    fn wait(&mut self, message: &str) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("      {spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(message.to_owned());
        bar.enable_steady_tick(TICK);
        self.waiting = Some(bar);
    }
}

fn attempt_line(attempt: &Attempt, step: &Step) -> String {
    let style = if attempt.outcome.is_success() { GOOD } else { ERROR };
    let number = if step.attempts.len() > 1 { format!("attempt {} ", attempt.number) } else { String::new() };
    let mut line = format!("{number}{} · {:.0} ms", paint(attempt.outcome, style), attempt.timing.total_ms);
    if let (Some(response), true) = (&step.response, attempt.number as usize == step.attempts.len()) {
        line.push_str(&format!(" · {} bytes", response.bytes));
    }
    if attempt.timing.reused {
        line.push_str(" · same connection");
    }
    if let Some(error) = &attempt.error {
        line.push_str(&format!(" · {}", visible(&error.message)));
        if let Some(reason) = &error.reason {
            line.push_str(&format!(" ({reason})"));
        }
    }
    if attempt.retry_at.is_some() {
        line.push_str(" · sent again");
    }
    line
}

/// A message in full, for it is what the contact reads; of the others what tells them apart.
fn effect_lines(effect: &Effect, scrubber: &Scrubber) -> Vec<String> {
    let to = if effect.to.is_null() { String::new() } else { format!(" to {}", short(&effect.to, scrubber)) };
    let head = format!("{}{to}", paint(effect.kind, BOLD));
    if effect.kind == "message" {
        let text = effect.data["text"].as_str().unwrap_or_default();
        let masked = scrubber.mask(text);
        return std::iter::once(head)
            .chain(masked.lines().map(|line| format!("  {}", visible(line))))
            .collect();
    }
    let shown = |key: &str| effect.data.get(key).filter(|v| !v.is_null()).map(|v| short(v, scrubber));
    let mut parts: Vec<String> = ["title", "url", "note"].iter().filter_map(|key| shown(key)).collect();
    parts.insert(0, head);
    let fields = effect.data["fields"].as_array().into_iter().flatten();
    let fields =
        fields.map(|f| format!("  {}: {}", short(&f["label"], scrubber), short(&f["value"], scrubber)));
    std::iter::once(parts.join(" ")).chain(fields).collect()
}

fn way_line(step: &Step) -> String {
    let to = step.to.as_deref();
    match (&step.case, to) {
        (CaseTaken::Case { index, name, on }, Some(to)) => {
            let label = name.clone().unwrap_or_else(|| {
                if on.is_empty() { format!("case {}", index + 1) } else { format!("case {}", on.join(", ")) }
            });
            format!("{} {to}", paint(format!("{} →", visible(&label)), DIM))
        }
        (_, Some(to)) => format!("{} {to}", paint("→", DIM)),
        (_, None) => paint("■", DIM),
    }
}

/// A value on one line, cut where it grows long.
///
/// Masked before it is cut: the end of a secret is no secret's form.
fn short(value: &Value, scrubber: &Scrubber) -> String {
    let mut value = value.clone();
    scrubber.mask_json(&mut value);
    let text = visible(&value.to_string()).replace('\n', "\\n");
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
