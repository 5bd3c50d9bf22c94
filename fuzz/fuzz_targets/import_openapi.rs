//! Any text as an OpenAPI document: it never panics, stays within its bounds, and what comes in has no errors.
#![no_main]

use callout_flow::import::{ImportOptions, openapi};
use callout_flow::integration::check::check_integration;
use callout_flow::problem::Severity;
use callout_flow::source::{FILE_BYTES_MAX, to_yaml};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Few texts are documents: the rest is held to be one of one operation.
    let within = format!("openapi: 3.1.0\npaths:\n  /a/{{id}}:\n    post:\n      {}\n", text.replace('\n', "\n      "));
    for text in [text, &within] {
        let Ok(imported) = openapi(text, ImportOptions::default()) else { continue };
        let problems = check_integration(&imported.integration).problems;
        assert!(problems.iter().all(|problem| problem.severity != Severity::Error), "{problems:?}");
        let yaml = to_yaml(&serde_json::to_value(&imported.integration).unwrap());
        assert!(yaml.len() <= FILE_BYTES_MAX);
    }
});
