//! Where an API is: its servers as one base URL, their variables as public fields of a connection.

use serde_json::{Map, Value, json};

use super::names::{Taken, input_name, literal, shortened};

/// The base URL of an integration.
#[derive(Clone, Debug, Default)]
pub(super) struct Base {
    /// As the document writes it, with `{variable}`s; none where it names no host.
    server: Option<String>,
    /// What follows host and port.
    path: String,
    /// It is none of the document's: what is said of the document's own servers holds for it.
    replaces_root: bool,
    pub url: String,
    pub config: Map<String, Value>,
    pub required: Vec<Value>,
    pub notes: Vec<String>,
}

/// Where one operation is, seen from the base.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum From {
    Base,
    /// Below it: what comes before the operation's path.
    Below(String),
    Elsewhere(String),
}

impl Base {
    /// The base of a document: the server that is asked for, else the one that most of its operations name first.
    pub(super) fn of(root: &Value, paths: &Map<String, Value>, asked: Option<&str>) -> Self {
        if let Some(asked) = asked {
            let owners = paths
                .values()
                .flat_map(|item| item.as_object().into_iter().flat_map(Map::values).chain([item]));
            let listed =
                owners.chain([root]).flat_map(servers).find(|server| is_same(&url_of(server), asked));
            let own = json!({ "url": asked });
            let mut base = Self::from_server(Some(listed.unwrap_or(&own)));
            base.replaces_root = listed.is_none();
            return base;
        }
        let mut counted: Vec<(String, &Value, usize)> = Vec::new();
        for item in paths.values() {
            let Some(server) = servers(item).next().or_else(|| servers(root).next()) else { continue };
            let url = url_of(server);
            match counted.iter_mut().find(|(known, ..)| *known == url) {
                Some((.., count)) => *count += 1,
                None => counted.push((url, server, 1)),
            }
        }
        let most = counted.iter().map(|(.., count)| *count).max();
        let server = counted.iter().find(|(.., count)| Some(*count) == most).map(|(_, server, _)| *server);
        let mut base = Self::from_server(server.or_else(|| servers(root).next()));
        let others: Vec<String> =
            servers(root).skip(1).map(|server| shortened(&url_of(server), 100)).collect();
        if !others.is_empty() {
            let others = shortened(&others.join(", "), 400);
            base.notes.push(format!("the document names more servers: {others}"));
        }
        base
    }

    fn from_server(server: Option<&Value>) -> Self {
        let mut base = Self::default();
        let mut taken = Taken::default();
        let url = server.map(url_of).unwrap_or_default();
        let url = url.trim_end_matches('/');
        let is_whole =
            ["https://", "http://", "{"].iter().any(|start| url.starts_with(start)) && is_base(url);
        if !is_whole {
            let is_path =
                url.starts_with('/') && !url.starts_with("//") && is_base(&format!("https://host{url}"));
            let path = if is_path { url } else { "" };
            base.notes
                .push("the document names no host: each connection gives its own, as `conn.host`".to_owned());
            taken.take("host", "");
            let schema = json!({ "type": "string", "description": "The API's host, as `api.example.com`; with its port where it has one of its own." });
            base.config.insert("host".to_owned(), schema);
            base.required.push("host".into());
            base.url = "https://{{ conn.host }}".to_owned();
            base.add_templates(path, server, &mut taken);
            base.path = path.to_owned();
            return base;
        }
        base.server = Some(url.to_owned());
        base.path = split_authority(url).1.to_owned();
        if url.starts_with("http://") {
            base.notes
                .push("the base URL is http, which is refused unless an operator lists its host".to_owned());
        }
        base.add_templates(url, server, &mut taken);
        base
    }

    /// Adds a text with `{variable}`s to the URL, and the variables to the config.
    fn add_templates(&mut self, text: &str, server: Option<&Value>, taken: &mut Taken) {
        let variables = server.and_then(|server| server.get("variables"));
        let mut known: Vec<(&str, String)> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            self.url.push_str(&literal(before));
            rest = after;
            let field = match known.iter().find(|(known, _)| *known == name) {
                Some((_, field)) => field.clone(),
                None => {
                    let field = taken.take(&input_name(name), "server");
                    self.add_variable(&field, variables.and_then(|variables| variables.get(name)));
                    known.push((name, field.clone()));
                    field
                }
            };
            self.url.push_str(&format!("{{{{ conn.{field} }}}}"));
        }
        self.url.push_str(&literal(rest));
    }

    fn add_variable(&mut self, field: &str, variable: Option<&Value>) {
        let text = |key: &str| variable.and_then(|variable| variable.get(key)).and_then(super::scalar_text);
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "string".into());
        if let Some(about) = text("description") {
            schema.insert("description".to_owned(), shortened(&about, 300).into());
        }
        let listed = variable.and_then(|variable| variable.get("enum")).and_then(Value::as_array);
        if let Some(listed) = listed.filter(|listed| !listed.is_empty() && listed.len() <= 100) {
            let values: Vec<String> = listed.iter().filter_map(super::scalar_text).collect();
            schema.insert("enum".to_owned(), values.into());
        }
        match text("default") {
            Some(default) => drop(schema.insert("default".to_owned(), default.into())),
            None => self.required.push(field.into()),
        }
        self.config.insert(field.to_owned(), schema.into());
    }

    /// Where an operation is. It may have servers of its own; any of them will do.
    pub(super) fn locate(&self, root: &Value, path_item: &Value, operation: &Value) -> From {
        let owners = [operation, path_item, root];
        let Some(owner) = owners.into_iter().find(|owner| servers(owner).next().is_some()) else {
            return From::Base;
        };
        if self.replaces_root && std::ptr::eq(owner, root) {
            return From::Base;
        }
        let mut places = servers(owner).map(|server| self.place_of(&url_of(server)));
        let first = places.next().unwrap_or(From::Base);
        match &first {
            From::Elsewhere(_) => places.find(|place| !matches!(place, From::Elsewhere(_))).unwrap_or(first),
            _ => first,
        }
    }

    fn place_of(&self, url: &str) -> From {
        let whole = url;
        let url = url.trim_end_matches('/');
        let (authority, path) = split_authority(url);
        let same = match &self.server {
            Some(server) => split_authority(server).0 == authority || authority.is_empty(),
            None => authority.is_empty(),
        };
        match path.strip_prefix(self.path.as_str()) {
            Some("") if same => From::Base,
            Some(below) if same && below.starts_with('/') && !below.contains('{') => {
                From::Below(literal(below))
            }
            _ => From::Elsewhere(shortened(whole, 100)),
        }
    }

    /// A URL of the document, seen from where the API is; none where it stays relative to nothing.
    pub(super) fn absolute(&self, url: &str) -> Option<String> {
        if url.starts_with("https://") || url.starts_with("http://") {
            return Some(literal(url));
        }
        let server = self.url.as_str();
        let origin = server.strip_suffix(literal(&self.path).as_str()).unwrap_or(server);
        url.starts_with('/').then(|| format!("{origin}{}", literal(url)))
    }
}

fn servers(owner: &Value) -> impl Iterator<Item = &Value> {
    owner.get("servers").and_then(Value::as_array).into_iter().flatten().filter(|server| server.is_object())
}

/// Whether a server's URL can stand before paths: with its variables filled in it has a host, and nothing but a path.
fn is_base(url: &str) -> bool {
    let mut filled = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else {
            // A text that begins with a variable which does not end has no host.
            if url.starts_with('{') && filled.is_empty() {
                return false;
            }
            break;
        };
        filled.extend([before, if filled.is_empty() && after.starts_with("://") { "https" } else { "v" }]);
        rest = after;
    }
    filled.push_str(rest);
    let filled = if filled.contains("://") { filled } else { format!("https://{filled}") };
    // What a template would read, and what the path of a call cannot hold.
    !url.contains(['?', '#', '@', '\\'])
        && !["{{", "{%", "{#", "/./", "/../"].iter().any(|sign| url.contains(sign))
        && !url.ends_with("/..")
        && !url.chars().any(char::is_control)
        && url::Url::parse(&filled).is_ok_and(|url| url.has_host())
}

fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim().trim_end_matches('/')
}

fn url_of(server: &Value) -> String {
    server.get("url").and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// `https://host:port` and the path that follows; nothing and the whole where there is no scheme.
fn split_authority(url: &str) -> (&str, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    if start == 0 && url.starts_with('/') {
        return ("", url);
    }
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    url.split_at(end)
}
