//! The arrows between the crates, read from what cargo knows.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Which of our crates each may depend on, tests apart.
const ARROWS: [(&str, &[&str]); 7] = [
    ("callout-flow", &[]),
    ("callout-outbound", &["callout-flow"]),
    ("callout-store", &["callout-flow"]),
    ("callout-engine", &["callout-flow", "callout-outbound", "callout-store"]),
    ("callout-server", &["callout-engine", "callout-flow", "callout-outbound", "callout-store"]),
    ("callout-testkit", &[]),
    ("example-upstream", &[]),
];

/// Libraries that one of our crates alone may list, tests apart.
const DOORS: [(&str, &[&str]); 15] = [
    // `outbound` calls with it, `server` is called with it.
    ("hyper", &["callout-outbound", "callout-server", "example-upstream"]),
    ("hyper-util", &["callout-outbound", "callout-server", "example-upstream"]),
    ("axum", &["callout-server"]),
    ("utoipa", &["callout-server"]),
    ("prometheus-client", &["callout-server"]),
    ("tracing-subscriber", &["callout-server"]),
    ("rustls", &["callout-outbound", "callout-testkit"]),
    ("tokio-rustls", &["callout-outbound"]),
    ("hickory-resolver", &["callout-outbound"]),
    ("rusqlite", &["callout-store"]),
    ("refinery", &["callout-store"]),
    ("minijinja", &["callout-flow"]),
    ("clap", &["callout-server"]),
    ("anyhow", &["callout-server", "example-upstream"]),
    ("indicatif", &["callout-server"]),
];

/// What a pure crate must not list: it does no IO, waits for nothing and draws no lots.
const IMPURE: [&str; 8] =
    ["tokio", "hyper", "async-trait", "futures", "rand", "getrandom", "uuid", "tracing"];

fn listed() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().manifest_path("../../Cargo.toml").no_deps().exec().unwrap();
    let normal = |package: &cargo_metadata::Package| {
        package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name.clone())
            .collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), normal(package))).collect()
}

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let listed = listed();
    assert_eq!(
        listed.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        ARROWS.map(|(name, _)| name).into()
    );
    for (name, allowed) in ARROWS {
        let ours: BTreeSet<&str> =
            listed[name].iter().map(String::as_str).filter(|d| ARROWS.iter().any(|(n, _)| n == d)).collect();
        assert_eq!(ours, allowed.iter().copied().collect(), "{name}");
    }
}

#[test]
fn a_library_with_one_door_comes_in_through_it() {
    let listed = listed();
    for (library, doors) in DOORS {
        let users: BTreeSet<&str> =
            listed.iter().filter(|(_, l)| l.contains(library)).map(|(name, _)| name.as_str()).collect();
        assert_eq!(users, doors.iter().copied().collect(), "{library}");
    }
}

#[test]
fn the_flow_crate_stays_pure() {
    let listed = listed();
    let found: Vec<&&str> =
        IMPURE.iter().filter(|library| listed["callout-flow"].contains(**library)).collect();
    assert!(found.is_empty(), "{found:?}");
}
