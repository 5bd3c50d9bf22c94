//! Consent in a browser, PKCE and refresh against an OAuth 2.0 server that is not ours.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use callout_engine::{Engine, OauthError, Store};
use callout_store::NewConnection;
use callout_testkit::Client;
use url::Url;

use crate::token_world::CLIENT_SECRET;
use crate::world::{
    by_operation, change, connect, connection, opened, org, outcome, pass, publish, publish_integration, run,
    with_standing_clock,
};

const BACK: &str = "https://callout.example/v1/oauth/callback";
const SCHEMA: &str = "secretSchema: { type: object, properties: { client: { type: string } } }";

/// A server of `scripts/oauth`, and an API on it that takes its tokens. It ends when it is dropped.
struct Server {
    process: Child,
    issuer: String,
}

impl Server {
    fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("oauth-server");
        let fix = "run scripts/oauth-server first, with the same CARGO_TARGET_DIR";
        assert!(folder.join(".complete").exists(), "{} is missing: {fix}", folder.display());
        let mut process = Command::new("node")
            .arg(folder.join("server.mjs"))
            .arg(BACK)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node, which scripts/oauth-server installs");
        let mut issuer = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut issuer).unwrap();
        Self { process, issuer: issuer.trim().to_owned() }
    }

    /// What a browser is led to in the end, whose user agrees to everything: the code and the state.
    fn agree(&self, url: &str) -> (String, String) {
        let mut cookies = BTreeMap::new();
        let mut url = Url::parse(url).unwrap();
        while url.as_str().starts_with(&self.issuer) {
            let kept = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
            let head = format!(
                "GET {} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nConnection: close\r\n\r\n",
                &url[url::Position::BeforePath..],
                url.authority(),
                kept.join("; ")
            );
            let mut client = Client::connect(url.authority().parse().unwrap());
            let answer = client.send(head.as_bytes()).answer().unwrap();
            for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
                let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let location = answer.header("location").unwrap_or_else(|| panic!("{url}: {}", answer.text()));
            url = url.join(location).unwrap();
        }
        assert!(url.as_str().starts_with(BACK), "{url}");
        let part = |wanted: &str| {
            let mut pairs = url.query_pairs();
            pairs.find(|(name, _)| name == wanted).unwrap_or_else(|| panic!("{url}")).1.into_owned()
        };
        (part("code"), part("state"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn engine(server: &Server, kind: &str, rest: &str) -> Engine {
    let engine = with_standing_clock(Store::in_memory().unwrap());
    let auth = format!(
        "auth: {{ type: {kind}, tokenUrl: '{}/token', clientSecret: '{{{{ secret.client }}}}', {rest} }}\n{SCHEMA}",
        server.issuer
    );
    publish_integration(&engine, &server.issuer, &auth).await;
    connect(&engine, &connection(&[("client", CLIENT_SECRET)])).await;
    publish(&engine, &by_operation("get", "outputs: [{ var: who, path: $.who }]")).await;
    engine
}

async fn by_consent(server: &Server) -> Engine {
    let rest = format!(
        "authorizationUrl: '{}/auth', clientId: 'in the header', scope: 'openid read'",
        server.issuer
    );
    engine(server, "oauth2AuthorizationCode", &rest).await
}

async fn secret(engine: &Engine, field: &str) -> Option<String> {
    opened(engine).await.secrets.get(field).map(|secret| secret.expose().to_owned())
}

fn refused(said: Result<(), OauthError>) -> String {
    match said {
        Err(OauthError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn consent_makes_a_connection_work_and_each_refresh_token_is_used_once() {
    let server = Server::start();
    let engine = by_consent(&server).await;
    let record = run(&engine).await;
    let (key, message) = outcome(&record);
    assert!(key == "invalid" && message.contains("nobody has agreed"), "{record:#}");

    let asked = engine.authorize(&org(), "c", BACK).await.unwrap();
    let (code, state) = server.agree(&asked.url);
    assert_eq!(state, asked.state);
    engine.authorized(&org(), "c", &state, &code).await.unwrap();
    for field in ["oauth.state", "oauth.verifier", "oauth.redirect_uri", "oauth.begun_at"] {
        assert_eq!(secret(&engine, field).await, None, "{field}");
    }
    assert_eq!(run(&engine).await["vars"]["who"], "ann");

    // Were one of them used twice, the server would end them all.
    let mut seen = vec![secret(&engine, "oauth.refresh_token").await.unwrap()];
    for _ in 0..3 {
        pass(3600);
        let record = run(&engine).await;
        assert_eq!(record["vars"]["who"], "ann", "{record:#}");
        let next = secret(&engine, "oauth.refresh_token").await.unwrap();
        assert!(!seen.contains(&next));
        assert!(!record.to_string().contains(&next));
        seen.push(next);
    }
    // As a view shows it, there is nothing but the author's own secret.
    let view = engine.store().connection(&org(), "c").await.unwrap().unwrap();
    assert_eq!(view.secrets.keys().collect::<Vec<_>>(), ["client"]);
    assert!(view.token_expires_at.is_some());
}

#[tokio::test]
async fn only_the_answer_to_the_last_authorization_is_taken_and_only_once() {
    let server = Server::start();
    let engine = by_consent(&server).await;
    let said = engine.authorized(&org(), "c", "c.guessed", "code").await;
    assert!(refused(said).contains("nothing is under way"));
    let first = engine.authorize(&org(), "c", BACK).await.unwrap();
    let second = engine.authorize(&org(), "c", BACK).await.unwrap();
    assert_ne!(first.state, second.state);
    let (of_first, state) = server.agree(&first.url);
    let said = engine.authorized(&org(), "c", &state, &of_first).await;
    assert!(refused(said).contains("belongs to no authorization"));
    // The first one's code, and the second one's verifier.
    let why = refused(engine.authorized(&org(), "c", &second.state, &of_first).await);
    assert!(why.contains("invalid_grant") && !why.contains(&of_first), "{why}");
    assert_eq!(secret(&engine, "oauth.access_token").await, None);

    let (code, state) = server.agree(&second.url);
    pass(600);
    assert!(refused(engine.authorized(&org(), "c", &state, &code).await).contains("ten minutes"));
    let third = engine.authorize(&org(), "c", BACK).await.unwrap();
    let (code, state) = server.agree(&third.url);
    pass(599);
    engine.authorized(&org(), "c", &state, &code).await.unwrap();
    assert!(refused(engine.authorized(&org(), "c", &state, &code).await).contains("nothing is under way"));
    assert_eq!(run(&engine).await["vars"]["who"], "ann");
}

#[tokio::test]
async fn a_new_consent_takes_the_place_of_the_old_and_a_change_between_ends_it() {
    let server = Server::start();
    let engine = by_consent(&server).await;
    for _ in 0..2 {
        let asked = engine.authorize(&org(), "c", BACK).await.unwrap();
        let (code, state) = server.agree(&asked.url);
        engine.authorized(&org(), "c", &state, &code).await.unwrap();
        assert_eq!(run(&engine).await["vars"]["who"], "ann");
    }
    let kept = secret(&engine, "oauth.refresh_token").await;
    // An author's change leaves the consent as it is, unless it is of another client.
    change(&engine, "{}", &[], false).await;
    assert_eq!(secret(&engine, "oauth.refresh_token").await, kept);
    assert_eq!(run(&engine).await["vars"]["who"], "ann");
    change(&engine, "{}", &[("client", "not-its-s3cret")], false).await;
    let record = run(&engine).await;
    let (key, message) = outcome(&record);
    assert!(key == "invalid" && message.contains("invalid_client"), "{record:#}");
    assert_eq!(secret(&engine, "oauth.refresh_token").await, kept, "a failed refresh spoils nothing");
    change(&engine, "{}", &[("client", CLIENT_SECRET)], false).await;
    assert_eq!(run(&engine).await["vars"]["who"], "ann");
}

#[tokio::test]
async fn who_asks_nobody_in_a_browser_cannot_be_authorised() {
    let server = Server::start();
    let credentials = engine(&server, "oauth2ClientCredentials", "clientId: 'in the header'").await;
    let said = credentials.authorize(&org(), "c", BACK).await;
    assert!(refused(said.map(drop)).contains("nobody agrees"));
    let said = credentials.authorize(&org(), "none", BACK).await;
    assert!(matches!(said, Err(OauthError::Store(callout_store::StoreError::NotFound))));
    let engine = by_consent(&server).await;
    assert!(refused(engine.authorize(&org(), "c", "no URL").await.map(drop)).contains("redirect URI"));
    let shut = NewConnection {
        id: "d".to_owned(),
        allowed_hosts: vec!["api.test".to_owned()],
        ..connection(&[("client", CLIENT_SECRET)])
    };
    connect(&engine, &shut).await;
    let asked = engine.authorize(&org(), "d", BACK).await.unwrap();
    let (code, state) = server.agree(&asked.url);
    assert!(refused(engine.authorized(&org(), "d", &state, &code).await).contains("not made for 127.0.0.2"));
}

#[tokio::test]
async fn client_credentials_are_taken_by_it_in_the_header_and_in_the_form() {
    let server = Server::start();
    for rest in ["clientId: 'in the header'", "clientId: 'in the form', clientAuth: body"] {
        let engine = engine(&server, "oauth2ClientCredentials", &format!("{rest}, scope: read")).await;
        let record = run(&engine).await;
        assert_eq!(outcome(&record).0, "200", "{record:#}");
        let expires_at = opened(&engine).await.token_expires_at.unwrap();
        assert_eq!(expires_at.duration_since(crate::world::standing()).as_secs(), 600);
    }
}
