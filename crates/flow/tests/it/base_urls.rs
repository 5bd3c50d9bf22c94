//! Where an operation's calls go, of a base URL that the connection fills in.

use std::sync::Arc;

use callout_flow::flow::Flow;
use callout_flow::id::RunId;
use callout_flow::integration::check::check_integration;
use callout_flow::integration::{Connected, Integration, Known};
use callout_flow::read::{read_flow, read_integration};
use callout_flow::run::{Input, Run, Start, advance};
use serde_json::{Map, json};

/// The URL of a call with this base URL, path and `conn.url`; `None` where nothing would be sent.
fn called(base_url: &str, path: &str, given: &str) -> Option<String> {
    let text = format!(
        "kind: integration\nslug: api\nbaseUrl: {}\nconfigSchema: {{ type: object, properties: {{ url: {{ type: string }} }} }}\n\
         operations:\n  go: {{ path: {} }}\n",
        json!(base_url),
        json!(path)
    );
    let draft = read_integration(&text, "api.yaml").draft.unwrap();
    assert_eq!(check_integration(&draft).problems, []);
    let mut known = Known::default();
    known.add(Integration::compile(draft, 1, &mut Vec::new()).unwrap());
    let flow = "kind: flow\nslug: f\ntrigger: {type: api}\nstart: go\nnodes:\n  go: {type: apiCall, mode: integration, \
                integrationSlug: api, integrationVersion: 1, operationKey: go, connectionId: main, next: end}\n  \
                end: {type: end}\n";
    let flow = Flow::compile(&read_flow(flow, "flow.yaml").draft.unwrap(), &known, &mut Vec::new()).unwrap();
    let mut run = Run::new(RunId::new("run_1"), &flow, Start::default());
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    advance(&flow, &mut run, Input::Flow, now);
    let config = Map::from_iter([("url".to_owned(), json!(given))]);
    let connected = Connected::new("main", Some("api".into()), config, [""; 0]);
    advance(&flow, &mut run, Input::Connection(Arc::new(connected)), now);
    run.pending().map(|pending| pending.request.url.to_string())
}

#[test]
fn a_connection_says_where_its_api_is() {
    for (base_url, path, given, url) in [
        // Without a path of the operation's, the connection's stays as it is.
        ("{{ conn.url }}", "", "https://a.example/hooks/orders", "https://a.example/hooks/orders"),
        ("{{ conn.url }}", "", "https://a.example/hooks/", "https://a.example/hooks/"),
        ("{{ conn.url }}", "", "https://a.example", "https://a.example/"),
        ("{{ conn.url }}", "?v=2", "https://a.example/hooks", "https://a.example/hooks?v=2"),
        ("{{ conn.url }}", "/", "https://a.example/hooks", "https://a.example/hooks/"),
        ("{{ conn.url }}", "/x", "https://a.example/v1/", "https://a.example/v1/x"),
        ("https://{{ conn.url }}.example", "", "a", "https://a.example/"),
        ("https://{{ conn.url }}.example/v1", "/x", "a", "https://a.example/v1/x"),
        ("https://a.example", "", "", "https://a.example/"),
        ("https://a.example/v1", "", "", "https://a.example/v1"),
    ] {
        assert_eq!(called(base_url, path, given).as_deref(), Some(url), "{base_url} {path} {given}");
    }
    for given in ["https://a.example/?x=1", "https://u:p@a.example/", "ftp://a.example/", "a.example", ""] {
        assert_eq!(called("{{ conn.url }}", "", given), None, "{given}");
    }
}
