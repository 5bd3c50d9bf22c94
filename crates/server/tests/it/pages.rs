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

/// Words in the sources that are spelled like codes and are none.
const NOT_CODES: [&str; 24] = [
    "accept-encoding",
    "accept-language",
    "api-key",
    "circuit-open",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-type",
    "http2-settings",
    "kebab-case",
    "keep-alive",
    "max-connection",
    "octet-stream",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "rate-limited",
    "retry-after",
    "set-cookie",
    "transfer-encoding",
    "user-agent",
    "instance-data",
    "home-arpa",
];

/// How names of headers begin.
const OF_HEADERS: [&str; 3] = ["ratelimit-", "webhook-", "x-"];

/// Every literal in the shipped sources that is spelled like a code.
fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut folders: Vec<_> =
        ["flow", "outbound", "engine"].map(|c| workspace().join("crates").join(c).join("src")).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !matches!(name.as_str(), "tests.rs" | "content_type.rs")
                // Another's options.
                && !path.ends_with("import/curl/table.rs")
            {
                let source = std::fs::read_to_string(path).unwrap();
                let shipped = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                codes.extend(shipped.split('"').filter(|text| is_code(text)).map(str::to_owned));
            }
        }
    }
    codes.extend(api_codes());
    codes
}

/// What the REST API answers with: the table is the only place that spells them.
fn api_codes() -> BTreeSet<String> {
    let table = workspace().join("crates/server/src/api/problem/codes.rs");
    let table = std::fs::read_to_string(table).unwrap();
    let rows = table.lines().filter_map(|line| line.trim().split_once(" = \"")?.1.split_once("\", "));
    let codes: BTreeSet<String> = rows.map(|(code, _)| code.to_owned()).collect();
    assert!(codes.len() > 20, "the table is not where it was, or not as it was: {codes:?}");
    codes
}

fn is_code(text: &str) -> bool {
    let words =
        |text: &str| text.split('-').all(|w| !w.is_empty() && w.chars().all(|c| c.is_ascii_lowercase()));
    let excepted = NOT_CODES.contains(&text) || OF_HEADERS.iter().any(|prefix| text.starts_with(prefix));
    matches!(text, "syntax" | "duration") || text.contains('-') && words(text) && !excepted
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
