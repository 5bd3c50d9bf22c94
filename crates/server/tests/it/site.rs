//! A server and a folder of documents, for the commands that go between them.

use callout_testkit::{CertificateKind, Remote, Reply, Request};
use serde_json::Value;

use crate::saved::{FLOW, KEY, crm};
use crate::server::{Caller, Server, small_flow};
use crate::world::{Ran, World};

pub const CONNECTION: &str = "kind: connection\nid: main\nintegrationSlug: crm\nconfig: { region: us }\nsecrets: { key: { env: CRM_KEY } }\n";

/// A server, and a world whose commands talk to it.
pub struct Site {
    pub world: World,
    pub server: Server,
    pub admin: Caller,
}

impl Site {
    pub fn start() -> Self {
        let world = World::new();
        let server = Server::start(&world);
        let (token, url) = (server.first_token.clone().unwrap(), format!("http://{}", server.address));
        let world =
            world.with_env("CALLOUT_TOKEN", &token).with_env("CALLOUT_SERVER", &url).with_env("CRM_KEY", KEY);
        let admin = server.admin();
        Self { world, server, admin }
    }

    /// With the folder `git` of one integration, one connection and two flows.
    pub fn with_folder(remote: &Remote) -> Self {
        let site = Self::start();
        site.world.write("git/crm.integration.yaml", &crm(remote, "# kept as it is\n"));
        site.world.write("git/connections/main.yaml", CONNECTION);
        site.world.write("git/flows/lookup.yaml", FLOW);
        site.world.write("git/flows/small.yaml", &small_flow("small"));
        site
    }

    /// Runs it; neither the token nor a secret is in what it prints.
    #[track_caller]
    pub fn callout(&self, args: &[&str]) -> Ran {
        let ran = self.world.callout(args);
        let token = self.server.first_token.as_deref().unwrap();
        for secret in [token, KEY] {
            assert!(
                !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
                "{}{}",
                ran.stdout,
                ran.stderr
            );
        }
        ran
    }

    #[track_caller]
    pub fn apply(&self, more: &[&str], code: i32) -> Ran {
        let ran = self.callout(&[&["apply", "git"], more].concat());
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// What the server has: revisions, versions, all but secrets.
    pub fn there(&self) -> String {
        let lists = ["/v1/integrations", "/v1/connections", "/v1/flows"];
        lists.map(|path| self.admin.get(path).text().to_owned()).concat()
    }

    pub fn version(&self, path: &str) -> Value {
        self.admin.get(path).json()["version"].clone()
    }
}

/// Stands before a server, and may answer in its place.
pub fn before(
    server: &Server,
    steps_in: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Remote {
    let caller = server.nobody();
    Remote::serve(move |request| steps_in(request).unwrap_or_else(|| passed_on(&caller, request)))
}

/// Stands before a server, with TLS.
pub fn before_tls(server: &Server) -> Remote {
    let caller = server.nobody();
    Remote::serve_tls(CertificateKind::Good, move |request| passed_on(&caller, request))
}

fn passed_on(caller: &Caller, request: &Request) -> Reply {
    let own = ["host", "connection", "content-length"];
    let headers = request.headers.iter().filter(|(name, _)| !own.contains(&name.to_lowercase().as_str()));
    let headers: Vec<(&str, &str)> = headers.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = caller.ask(&request.method, &request.target, &headers, &request.body);
    let kept = answer.headers.iter().filter(|(name, _)| matches!(name.as_str(), "etag" | "content-type"));
    let kept: Vec<(&str, &str)> = kept.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Reply::with_headers(answer.status, &kept, &answer.body)
}

pub fn crm_remote() -> Remote {
    Remote::serve(|request| match (request.path(), request.header("x-key")) {
        ("/us/contacts/7", Some(KEY)) => Reply::json(200, r#"{"name":"Ada"}"#),
        _ => Reply::json(401, "{}"),
    })
}
