//! `callout egress check`: URLs judged without touching the network.

use std::io::{BufRead, Write};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::Exit;
use crate::args::EgressCheckArgs;
use crate::config::Config;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    url: String,
    /// The addresses that the look-up would give; without them a name passes on its own.
    answers: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Reply<'a> {
    url: &'a str,
    verdict: &'static str,
    reason: &'a str,
    host: Option<&'a str>,
}

pub fn check(args: &EgressCheckArgs) -> Result<Exit> {
    let policy = Config::load(args.config.as_deref())?.policy()?;
    let mut out = std::io::stdout().lock();
    for (index, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.context("cannot read standard input")?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question = serde_json::from_str(&line).with_context(|| {
            format!("line {} is not `{{\"url\": \"…\", \"answers\": [\"…\"]}}`", index + 1)
        })?;
        let verdict = policy.judge(&question.url, question.answers.as_deref());
        let reply = Reply {
            url: &question.url,
            verdict: if verdict.allow { "allow" } else { "block" },
            reason: verdict.reason,
            host: verdict.host.as_deref(),
        };
        writeln!(out, "{}", serde_json::to_string(&reply)?)?;
    }
    Ok(Exit::Completed)
}
