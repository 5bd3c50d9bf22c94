//! Every problem code has its page, and every page its code.

use std::collections::BTreeSet;
use std::path::Path;

fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The codes of problems and notes, as `docs/problems/README.md` lists them.
fn pages() -> BTreeSet<String> {
    std::fs::read_dir(workspace().join("docs/problems"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "README")
        .collect()
}

/// Every code that the sources make a problem, note, fault or invalid with.
fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut folders: Vec<_> =
        ["flow", "outbound", "engine"].map(|c| workspace().join("crates").join(c).join("src")).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let source = std::fs::read_to_string(path).unwrap();
                let shipped = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                codes.extend(codes_in(&shipped));
            }
        }
    }
    codes
}

/// The first literal after each word that begins a code.
fn codes_in(source: &str) -> Vec<String> {
    const BEGINNINGS: [&str; 12] = [
        "Problem::error(",
        "Problem::warning(",
        "Fault::new(",
        "TemplateError::new(",
        "EvalError::new(",
        "Invalid::new(",
        "Note::new(",
        "note(",
        "problem(",
        "warning(",
        "error(",
        "code: ",
    ];
    let mut found = Vec::new();
    for beginning in BEGINNINGS {
        for (at, _) in source.match_indices(beginning) {
            let rest = source[at + beginning.len()..].trim_start();
            let Some(rest) = rest.strip_prefix('"') else { continue };
            let Some(end) = rest.find('"') else { continue };
            if is_code(&rest[..end]) {
                found.push(rest[..end].to_owned());
            }
        }
    }
    found
}

fn is_code(text: &str) -> bool {
    text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        || matches!(text, "syntax" | "duration")
}

#[test]
fn every_code_has_its_page() {
    let missing: Vec<String> = codes().difference(&pages()).cloned().collect();
    assert!(missing.is_empty(), "write docs/problems/<code>.md for: {missing:#?}");
}

#[test]
fn no_page_is_left_behind() {
    let stale: Vec<String> = pages().difference(&codes()).cloned().collect();
    assert!(stale.is_empty(), "no problem has these codes any more: {stale:#?}");
}

#[test]
fn a_page_says_what_why_and_how_to_mend_it() {
    for code in pages() {
        let text = std::fs::read_to_string(workspace().join(format!("docs/problems/{code}.md"))).unwrap();
        assert!(text.starts_with(&format!("# {code}\n")), "{code} has no title");
        for part in ["## What it means", "## How to mend it"] {
            assert!(text.contains(part), "{code} has no part {part:?}");
        }
    }
}
