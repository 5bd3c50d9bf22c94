//! Two versions of an integration, and the flows that pin one of them.

use callout_flow::integration::IntegrationDraft;
use callout_flow::integration::compare::{What, compare, touched};
use callout_flow::integration::pins::move_pins;
use callout_flow::read::{read_flow, read_integration};

const BEFORE: &str = "
kind: integration
slug: crm
baseUrl: https://crm.example
configSchema: { type: object, properties: { region: { type: string } } }
secretSchema: { type: object, properties: { key: { type: string } }, required: [key] }
auth: { type: bearer, token: '{{ secret.key }}' }
operations:
  get:
    path: /contacts/{{ inputs.id }}
    inputSchema:
      type: object
      required: [id]
      properties:
        id: { type: [string, integer] }
        fields: { type: string, enum: [all, some] }
        limit: { type: integer, maximum: 100 }
        old: { type: string }
    responseSchema:
      type: object
      required: [name]
      properties:
        name: { type: string }
        tier: { type: string, enum: [gold, silver] }
        owner: { $ref: '#/$defs/owner' }
      $defs: { owner: { type: object, properties: { id: { type: integer } } } }
    defaultOutputMappings:
      - { var: customerName, path: $.name }
      - { var: tier, path: $.tier }
  drop: { method: DELETE, path: /contacts/1 }
  keep: { path: /ping }
";

const AFTER: &str = "
kind: integration
slug: crm
baseUrl: https://crm.example/v2
configSchema: { type: object, properties: { region: { type: string }, site: { type: string } }, required: [site] }
secretSchema: { type: object, properties: { key: { type: string } }, required: [key] }
auth: { type: bearer, token: '{{ secret.key }}' }
operations:
  get:
    path: /people/{{ inputs.id }}
    inputSchema:
      type: object
      required: [id, tenant]
      properties:
        id: { type: string }
        fields: { type: string, enum: [all, some, none] }
        limit: { type: integer, maximum: 50 }
        tenant: { type: string }
        extra: { type: string }
    responseSchema:
      type: object
      properties:
        name: { type: string }
        tier: { type: string, enum: [gold, silver, lead] }
        owner: { $ref: '#/$defs/owner' }
        more: { type: string }
      $defs: { owner: { type: object, properties: { id: { type: string } } } }
    defaultOutputMappings:
      - { var: customerName, path: $.name }
  keep: { path: /ping }
  new: { path: /new }
";

fn draft(text: &str) -> IntegrationDraft {
    let read = read_integration(text, "a.yaml");
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    read.draft.unwrap()
}

#[test]
fn what_changed_is_told_with_what_it_breaks() {
    let changes = compare(&draft(BEFORE), &draft(AFTER));
    let told: Vec<(Option<&str>, What, &str, bool)> = changes
        .iter()
        .map(|change| (change.operation.as_deref(), change.what, change.name.as_str(), change.breaking))
        .collect();
    let get = Some("get");
    for wanted in [
        (None, What::Connection, "config.site", true),
        (None, What::Request, "baseUrl", false),
        (get, What::Input, "id", true),
        (get, What::Input, "limit", true),
        (get, What::Input, "old", true),
        (get, What::Input, "tenant", true),
        (get, What::Input, "extra", false),
        (get, What::Input, "fields", false),
        (get, What::Answer, "name", true),
        (get, What::Answer, "tier", true),
        (get, What::Answer, "owner.id", true),
        (get, What::Answer, "more", false),
        (get, What::Output, "tier", true),
        (get, What::Request, "path", false),
        (Some("drop"), What::Operation, "", true),
        (Some("new"), What::Operation, "", false),
    ] {
        assert!(told.contains(&wanted), "{wanted:?} is not in {told:#?}");
    }
    assert_eq!(told.len(), 16, "{changes:#?}");
    assert!(told.iter().is_sorted_by_key(|change| !change.3), "what breaks comes first");
    assert!(compare(&draft(BEFORE), &draft(BEFORE)).is_empty());
}

const FLOW: &str = "# kept
kind: flow
slug: f
trigger: { type: api }
start: call
nodes:
  call:
    type: apiCall
    mode: integration
    integrationSlug: crm
    integrationVersion: 3   # the pin
    operationKey: get
    connectionId: main
    inputs: { id: '7', fields: all }
    outputs: [{ var: owner, path: $.owner.id }]
    next: say
  other: { type: apiCall, mode: integration, integrationSlug: crm, integrationVersion: 2, operationKey: keep, connectionId: main, next: say }
  third: { type: apiCall, mode: integration, integrationSlug: else, integrationVersion: 3, operationKey: keep, connectionId: main, next: say }
  say: { type: message, text: '{{ vars.tier }}', next: done }
  done: { type: end }
";

#[test]
fn a_flow_is_told_what_it_has_to_do_with() {
    let flow = read_flow(FLOW, "f.yaml").draft.unwrap();
    let touched = touched(&flow, "crm", &compare(&draft(BEFORE), &draft(AFTER)));
    assert_eq!(touched.iter().map(|node| node.node.as_str()).collect::<Vec<_>>(), ["call", "other"]);
    let of = |index: usize| -> Vec<(What, &str)> {
        touched[index].changes.iter().map(|change| (change.what, change.name.as_str())).collect()
    };
    let call = of(0);
    for wanted in [
        (What::Input, "id"),
        (What::Input, "fields"),
        (What::Input, "tenant"),
        (What::Answer, "owner.id"),
        (What::Output, "tier"),
    ] {
        assert!(call.contains(&wanted), "{wanted:?} is not in {call:?}");
    }
    for other in [(What::Answer, "name"), (What::Answer, "more"), (What::Input, "extra")] {
        assert!(!call.contains(&other), "{other:?} is in {call:?}");
    }
    assert_eq!(of(1), [(What::Connection, "config.site"), (What::Request, "baseUrl")]);
}

#[test]
fn pins_move_and_nothing_else() {
    let (moved, nodes) = move_pins(FLOW, "f.yaml", "crm", 12).unwrap();
    assert_eq!(nodes, ["call", "other"]);
    let wanted = FLOW.replace("integrationVersion: 3   #", "integrationVersion: 12   #").replace(
        "integrationSlug: crm, integrationVersion: 2",
        "integrationSlug: crm, integrationVersion: 12",
    );
    assert_eq!(moved, wanted);
    let (same, none) = move_pins(&moved, "f.yaml", "crm", 12).unwrap();
    assert!(none.is_empty() && same == moved);
    let json = serde_json::to_string_pretty(&read_flow(FLOW, "f.yaml").draft.unwrap()).unwrap();
    let (moved, nodes) = move_pins(&json, "f.json", "crm", 4).unwrap();
    assert_eq!((nodes.len(), moved.matches("\"integrationVersion\": 4").count()), (2, 2));
    assert_eq!(move_pins("kind: [", "f.yaml", "crm", 4), None);
}

#[test]
fn a_pin_behind_an_alias_is_moved_for_all_or_not_at_all() {
    let text = "kind: flow\nslug: f\ntrigger: { type: api }\nstart: a\nnodes:\n  a: { type: apiCall, mode: integration, \
        integrationSlug: crm, integrationVersion: &v 3, operationKey: get, connectionId: c, next: b }\n  b: { type: apiCall, \
        mode: integration, integrationSlug: crm, integrationVersion: *v, operationKey: get, connectionId: c }\n";
    if let Some((moved, _)) = move_pins(text, "f.yaml", "crm", 5) {
        let draft = read_flow(&moved, "f.yaml").draft.unwrap();
        assert_eq!(draft.pins().into_iter().collect::<Vec<_>>(), [("crm", 5)]);
    }
}

#[test]
fn inputs_are_typed_as_far_as_they_are_known() {
    use callout_flow::check::{CheckContext, check};
    use callout_flow::integration::Known;
    use callout_flow::integration::check::check_integration;
    let mut known = Known::default();
    known.add_unnumbered(check_integration(&draft(BEFORE)).integration.unwrap());
    let told = |inputs: &str| -> Vec<(String, String)> {
        let text = FLOW.replace("inputs: { id: '7', fields: all }", &format!("inputs: {inputs}"));
        let flow = read_flow(&text, "f.yaml").draft.unwrap();
        let context = CheckContext { flows: None, known: Some(&known), verdict: None };
        let problems = check(&flow, &context).problems.into_iter();
        problems
            .filter(|problem| problem.code.starts_with("input-"))
            .map(|problem| (problem.code.into_owned(), problem.at.to_string().replace("nodes.call.", "")))
            .collect()
    };
    let one = |code: &str, at: &str| vec![(code.to_owned(), at.to_owned())];
    for fits in [
        "{ id: 7 }",
        "{ id: '{{ vars.a }}', limit: '{{ vars.b }}', fields: '{{ vars.c }}' }",
        "{ id: 'a{{ vars.a }}', fields: 'a{{ vars.b }}', limit: 5 }",
        "{ id: '{{ secret.key }}' }",
    ] {
        assert_eq!(told(fits), [], "{fits}");
    }
    assert_eq!(told("{}"), one("input-missing", "inputs"));
    assert_eq!(told("{ id: true }"), one("input-invalid", "inputs.id"));
    assert_eq!(told("{ id: 7, limit: 500 }"), one("input-invalid", "inputs.limit"));
    assert_eq!(told("{ id: 7, limit: 'a{{ vars.b }}' }"), one("input-invalid", "inputs.limit"));
    assert_eq!(told("{ id: 7, fields: most }"), one("input-invalid", "inputs.fields"));
    assert_eq!(told("{ id: 7, field: all }"), one("input-unknown", "inputs.field"));
}

#[test]
fn what_is_required_without_being_described_is_compared_too() {
    let with = |required: &str| draft(&BEFORE.replace("required: [id]", &format!("required: [{required}]")));
    let told = |before: &str, after: &str| {
        let changes = compare(&with(before), &with(after));
        changes.into_iter().map(|change| (change.name, change.breaking)).collect::<Vec<_>>()
    };
    assert_eq!(told("id", "id, tenant"), [("tenant".to_owned(), true)]);
    assert_eq!(told("id, tenant", "id"), [("tenant".to_owned(), false)]);
}

#[test]
fn a_credential_that_is_written_out_is_an_error() {
    use callout_flow::integration::check::{check_connection, check_integration};
    use callout_flow::read::read_connection;
    let told = |auth: &str| -> Vec<String> {
        let text =
            BEFORE.replace("auth: { type: bearer, token: '{{ secret.key }}' }", &format!("auth: {auth}"));
        let problems = check_integration(&draft(&text)).problems.into_iter();
        problems
            .filter(|problem| problem.code == "literal-credential")
            .map(|problem| problem.at.to_string())
            .collect()
    };
    assert_eq!(told("{ type: bearer, token: tok-123 }"), ["auth.token"]);
    assert_eq!(told("{ type: basic, username: me, password: pw }"), ["auth.password"]);
    assert_eq!(told("{ type: apiKey, in: query, name: k, value: abc }"), ["auth.value"]);
    assert_eq!(told("{ type: basic, username: '{{ secret.key }}' }"), [""; 0]);
    let connection =
        "kind: connection\nid: c\nallowedHosts: [a.example]\nauth: { type: bearer, token: tok-123 }\n";
    let connection = read_connection(connection, "c.yaml").draft.unwrap();
    let problems = check_connection(&connection, None, &[]);
    assert_eq!(
        problems.iter().map(|problem| problem.code.as_ref()).collect::<Vec<_>>(),
        ["literal-credential"]
    );
}
