//! Any text as a cURL command: it never panics, and what comes in is a call that survives as a command.
#![no_main]

use callout_flow::export::{CurlOptions, curl as export};
use callout_flow::import::curl;
use callout_flow::problem::{FieldPath, Severity};
use callout_flow::render::{CallTemplate, RenderContext, RequestSource};
use callout_flow::request::RenderedAuth;
use callout_flow::scope::Scope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let command = format!("curl https://api.example.com {text}");
    for text in [text, &command] {
        let Ok(imported) = curl(text) else { continue };
        let mut problems = Vec::new();
        let source = RequestSource::http(&imported.node, &FieldPath::root());
        let template = CallTemplate::compile(&source, &mut problems);
        assert!(problems.iter().all(|problem| problem.severity != Severity::Error), "{problems:?}");
        let context = RenderContext {
            idempotency_key: None,
            contact: None,
            flow_number: 1,
            run_id: "run_1",
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
        };
        // A file's content is a variable, which is not here.
        if let Some(Ok(rendered)) = template.map(|template| template.render(&Scope::default(), &context)) {
            let exported = export(&rendered.request, &RenderedAuth::None, CurlOptions::default());
            assert!(curl(&exported.command).is_ok() || exported.command.contains("base64"), "{}", exported.command);
        }
    }
});
