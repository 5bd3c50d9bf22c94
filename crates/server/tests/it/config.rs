//! Configuration that really works: each key by what it changes in a run.

use std::net::{IpAddr, Ipv4Addr};

use callout_testkit::{
    Canary, CertificateKind, DnsAnswer, DnsServer, Remote, Reply, TunnelProxy, TunnelReply,
};
use serde_json::json;

use crate::world::{World, call_of, one_call};

#[test]
fn names_are_asked_of_the_given_servers_and_every_answer_is_checked() {
    let remote = Remote::start(vec![Reply::json(200, "{}")]);
    let canary = Canary::start([127, 0, 0, 1].into());
    let dns = DnsServer::start(|name, _| match name {
        "api.test" => DnsAnswer::Addresses(vec![[127, 0, 0, 2].into()]),
        "mixed.test" => DnsAnswer::Addresses(vec![[127, 0, 0, 2].into(), [127, 0, 0, 1].into()]),
        "private.test" => DnsAnswer::Addresses(vec![[10, 0, 0, 1].into()]),
        _ => DnsAnswer::NoSuchName,
    });
    let world = World::new()
        .with_env("CALLOUT_EGRESS_DNS", &dns.address().to_string())
        .with_env("CALLOUT_EGRESS_HTTP_HOSTS", "*")
        .with_env("CALLOUT_EGRESS_ALLOW", r#"[{ host = "*.test", cidr = "127.0.0.2/32" }]"#);
    let outcome = |host: &str, port: u16| {
        let ran = world.run(&one_call(&format!("http://{host}:{port}/"), ""), &json!({ "name": "go" }));
        ran.call()["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome("api.test", remote.port()), "200");
    assert_eq!(outcome("mixed.test", canary.port()), "blocked");
    assert_eq!(outcome("private.test", canary.port()), "blocked");
    assert_eq!(outcome("nowhere.test", canary.port()), "network");
    let asked: std::collections::BTreeSet<String> =
        dns.queries().iter().map(|query| query.split(' ').nth(1).unwrap().to_owned()).collect();
    let names = ["api.test", "mixed.test", "nowhere.test", "private.test"];
    assert_eq!(asked, names.map(str::to_owned).into(), "asked as they are, with no search list");
    assert_eq!(remote.only_request().header("host"), Some(format!("api.test:{}", remote.port()).as_str()));
}

#[test]
fn a_private_authority_is_trusted_once_it_is_named() {
    use base64::Engine as _;
    let remote = Remote::serve_tls(CertificateKind::Good, |_| Reply::json(200, "{}"));
    let der = base64::engine::general_purpose::STANDARD.encode(remote.ca_der());
    let world = World::new().with_env("CALLOUT_EGRESS_CA_FILE", "ca.pem");
    world.write("ca.pem", &format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n"));
    let step = world.run(&call_of(&remote, ""), &json!({ "name": "go" })).call();
    assert_eq!(step["outcome"], "200", "{step:#}");
    assert!(step["attempts"][0]["timing"]["tlsMs"].is_number());
    world.write("ca.pem", "nonsense");
    let ran = world.run(&call_of(&remote, ""), &json!({ "name": "go" }));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no certificate"), "{}", ran.stderr);
}

#[test]
fn ports_source_address_caps_and_times_are_as_the_operator_says() {
    let remote = Remote::start(vec![Reply::json(200, format!("\"{}\"", "x".repeat(500)))]);
    let run = |world: World, rest: &str| world.run(&call_of(&remote, rest), &json!({ "name": "go" })).call();
    let other_port = run(World::new().with_env("CALLOUT_EGRESS_PORTS", "443"), "");
    assert_eq!(other_port["attempts"][0]["error"]["reason"], "port");
    assert_eq!(remote.connections(), 0);
    assert_eq!(
        run(World::new().with_env("CALLOUT_EGRESS_SOURCE_ADDRESS", "127.0.0.9"), "")["outcome"],
        "200"
    );
    assert_eq!(remote.only_request().peer.ip(), std::net::IpAddr::from([127, 0, 0, 9]));
    assert_eq!(
        run(World::new().with_env("CALLOUT_EGRESS_RESPONSE_BYTES_MAX", "100"), "")["outcome"],
        "response"
    );
    let own_cap =
        run(World::new().with_env("CALLOUT_EGRESS_RESPONSE_BYTES_MAX", "100"), "responseBytesMax: 5000");
    assert_eq!(own_cap["outcome"], "200");
    let slow = Remote::start(vec![Reply::stall()]);
    let world = World::new().with_env("CALLOUT_EGRESS_TIMEOUT_MS_MAX", "100");
    assert_eq!(
        world.run(&call_of(&slow, "timeoutMs: 60000"), &json!({ "name": "go" })).call()["outcome"],
        "timeout"
    );
}

#[test]
fn a_wrong_configuration_stops_before_anything_is_sent() {
    let remote = Remote::start(vec![Reply::status(200)]);
    for (text, told) in [
        ("[egress]\nhttp_host = [\"a\"]\n", "line 2"),
        (
            "[egress]\nproxy = \"https://user:s3cr3t@p\"\n",
            "egress.proxy: the proxy cannot be used: its scheme",
        ),
        ("[egress]\nallow = [{ host = \"*\", cidr = \"10.0.0.0/8\" }]\n", "egress.allow"),
        ("[egress]\nallow = [{ host = \"a\", cidr = \"nonsense\" }]\n", "nonsense"),
        ("[egress]\nca_file = \"none.pem\"\n", "none.pem"),
        ("[egress\n", "line 1"),
    ] {
        let world = World::new();
        world.write("callout.toml", text);
        let ran = world.run(&call_of(&remote, ""), &json!({ "name": "go" }));
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.stderr.contains(told), "{text}: {}", ran.stderr);
        assert!(!ran.stderr.contains("s3cr3t"), "{}", ran.stderr);
    }
    assert_eq!(remote.connections(), 0);
}

#[test]
fn calls_leave_through_the_proxy_and_from_the_address_that_are_set() {
    let remote = Remote::start(vec![Reply::new(200, "application/json", "{}")]);
    let proxy = TunnelProxy::start(TunnelReply::Opens);
    let world = World::new()
        .with_env("CALLOUT_EGRESS_PROXY", &proxy.url().replace("http://", "http://us%40er:s3cr3t@"))
        .with_env("CALLOUT_EGRESS_SOURCE_ADDRESS", "127.0.0.9");
    let ran = world.run(&call_of(&remote, ""), &json!({ "name": "go" }));
    assert_eq!(ran.call()["outcome"], "200", "{}", ran.stderr);
    assert_eq!(remote.requests().len(), 1);
    let head = &proxy.heads()[0];
    assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", remote.address())), "{head}");
    // us@er:s3cr3t
    assert!(head.contains("Proxy-Authorization: Basic dXNAZXI6czNjcjN0\r\n"), "{head}");
    assert_eq!(proxy.peers(), [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9))]);
    assert!(!format!("{} {}", ran.stdout, ran.stderr).contains("s3cr3t"));
    assert!(!format!("{:?}", remote.only_request()).contains("dXNAZXI6"));
}

#[test]
fn every_key_is_in_the_docs_with_its_default_and_its_variable() {
    let ran = World::new().callout(&["schema", "config"]);
    let schema: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut keys = 0;
    for (section, property) in schema["properties"].as_object().unwrap() {
        let start =
            page.find(&format!("\n## `[{section}]`")).unwrap_or_else(|| panic!("no part for [{section}]"));
        let part = page[start + 1..].split("\n## ").next().unwrap();
        let name = property["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        for (key, described) in schema["$defs"][name]["properties"].as_object().unwrap() {
            keys += 1;
            let row = part.lines().find(|line| line.starts_with(&format!("| `{key}` |")));
            let row = row.unwrap_or_else(|| panic!("{section}.{key} has no row"));
            let variable = format!("CALLOUT_{section}_{key}").to_uppercase();
            assert!(row.contains(&format!("`{variable}`")), "{variable}: {row}");
            let default = match described.get("default").or_else(|| property["default"].get(key)) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => {
                    value.to_string()
                }
                _ => continue,
            };
            let shown: String =
                row.split('|').nth(2).unwrap().chars().filter(|c| !" `".contains(*c)).collect();
            assert_eq!(shown, default, "{section}.{key}");
        }
    }
    assert!(keys > 20, "the schema is not as it was: {keys} keys");
}
