//! What the words of a command ask of curl.

use std::time::Duration;

use super::Fault;
use super::form;
use super::words::Word;
use crate::import::openapi::shortened;
use crate::nearest::nearest;
use crate::node::api_call::draft::PartDraft;
use crate::render::encode;

/// A command, its options sorted by what they are for.
#[derive(Debug, Default)]
pub(super) struct Command {
    pub method: Option<Word>,
    pub url: Option<Word>,
    pub headers: Vec<Word>,
    /// The pieces of `-d` and its relatives, put together.
    pub data: Option<String>,
    /// `--json`: its headers come with it.
    pub json: bool,
    pub parts: Vec<PartDraft>,
    /// `-G`: the data goes into the query.
    pub get: bool,
    pub head: bool,
    pub user: Option<String>,
    pub bearer: Option<String>,
    pub cookies: Vec<String>,
    pub agent: Option<String>,
    pub referer: Option<String>,
    pub follow: bool,
    pub redirects_max: Option<i64>,
    pub timeout: Option<Duration>,
    pub retries: Option<i64>,
}

/// What an option does.
#[derive(Clone, Copy, Debug)]
enum Does {
    Method,
    Url,
    Header,
    /// `-d`: a value that begins with `@` names a file.
    Data,
    DataRaw,
    UrlEncode,
    Json,
    Form,
    FormString,
    User,
    Bearer,
    Get,
    Head,
    Cookie,
    Agent,
    Referer,
    Follow,
    RedirectsMax,
    Timeout,
    Retries,
    /// The request is the same without it.
    Nothing,
    /// It reads a file.
    File,
    /// It is not taken over; why.
    Told(&'static str),
    /// Another request begins.
    Next,
}

const CERTIFICATE: &str = "a connection holds certificates, under `tls`";
const OPERATOR: &str = "how Callout reaches the network is for its operator to say";
const AUTH: &str = "this way to show who one is does not come in: make a connection that can";
const TRANSPORT: &str = "Callout chooses the protocol itself";

/// Name, letter, whether a value follows, and what it does.
type Row = (&'static str, char, bool, Does);

/// The options that are known, by what they are for.
const OPTIONS: &[Row] = &[
    ("request", 'X', true, Does::Method),
    ("url", '\0', true, Does::Url),
    ("header", 'H', true, Does::Header),
    ("data", 'd', true, Does::Data),
    ("data-ascii", '\0', true, Does::Data),
    ("data-binary", '\0', true, Does::Data),
    ("data-raw", '\0', true, Does::DataRaw),
    ("data-urlencode", '\0', true, Does::UrlEncode),
    ("json", '\0', true, Does::Json),
    ("form", 'F', true, Does::Form),
    ("form-string", '\0', true, Does::FormString),
    ("user", 'u', true, Does::User),
    ("basic", '\0', false, Does::Nothing),
    ("oauth2-bearer", '\0', true, Does::Bearer),
    ("get", 'G', false, Does::Get),
    ("head", 'I', false, Does::Head),
    ("cookie", 'b', true, Does::Cookie),
    ("user-agent", 'A', true, Does::Agent),
    ("referer", 'e', true, Does::Referer),
    ("location", 'L', false, Does::Follow),
    ("location-trusted", '\0', false, Does::Follow),
    ("max-redirs", '\0', true, Does::RedirectsMax),
    ("max-time", 'm', true, Does::Timeout),
    ("retry", '\0', true, Does::Retries),
    ("next", ':', false, Does::Next),
    ("upload-file", 'T', true, Does::File),
    ("config", 'K', true, Does::File),
    // What is shown or kept of the answer is for the flow to say.
    ("silent", 's', false, Does::Nothing),
    ("show-error", 'S', false, Does::Nothing),
    ("verbose", 'v', false, Does::Nothing),
    ("include", 'i', false, Does::Nothing),
    ("output", 'o', true, Does::Nothing),
    ("remote-name", 'O', false, Does::Nothing),
    ("remote-header-name", 'J', false, Does::Nothing),
    ("output-dir", '\0', true, Does::Nothing),
    ("create-dirs", '\0', false, Does::Nothing),
    ("write-out", 'w', true, Does::Nothing),
    ("dump-header", 'D', true, Does::Nothing),
    ("cookie-jar", 'c', true, Does::Nothing),
    ("progress-bar", '#', false, Does::Nothing),
    ("no-progress-meter", '\0', false, Does::Nothing),
    ("no-buffer", 'N', false, Does::Nothing),
    ("fail", 'f', false, Does::Nothing),
    ("fail-with-body", '\0', false, Does::Nothing),
    ("fail-early", '\0', false, Does::Nothing),
    ("styled-output", '\0', false, Does::Nothing),
    ("trace", '\0', true, Does::Nothing),
    ("trace-ascii", '\0', true, Does::Nothing),
    ("trace-time", '\0', false, Does::Nothing),
    ("stderr", '\0', true, Does::Nothing),
    ("disable", 'q', false, Does::Nothing),
    // Callout asks for what it can unpack, and takes URLs as they are written.
    ("compressed", '\0', false, Does::Nothing),
    ("globoff", 'g', false, Does::Nothing),
    ("path-as-is", '\0', false, Does::Nothing),
    ("keepalive", '\0', false, Does::Nothing),
    ("no-keepalive", '\0', false, Does::Nothing),
    ("keepalive-time", '\0', true, Does::Nothing),
    ("tcp-nodelay", '\0', false, Does::Nothing),
    ("parallel", 'Z', false, Does::Nothing),
    ("expect100-timeout", '\0', true, Does::Nothing),
    ("connect-timeout", '\0', true, Does::Told("`timeoutMs` bounds the connecting too")),
    ("retry-delay", '\0', true, Does::Told("the waits between attempts grow, with chance in them")),
    ("retry-max-time", '\0', true, Does::Told("see `retry.withinMs`")),
    ("retry-all-errors", '\0', false, Does::Told("see `retry.on`")),
    ("retry-connrefused", '\0', false, Does::Told("see `retry.on`")),
    ("max-filesize", '\0', true, Does::Told("see `responseBytesMax`")),
    ("http0.9", '\0', false, Does::Told(TRANSPORT)),
    ("http1.0", '0', false, Does::Told(TRANSPORT)),
    ("http1.1", '\0', false, Does::Nothing),
    ("http2", '\0', false, Does::Nothing),
    ("http2-prior-knowledge", '\0', false, Does::Told(TRANSPORT)),
    ("http3", '\0', false, Does::Told(TRANSPORT)),
    (
        "insecure",
        'k',
        false,
        Does::Told("certificates are always verified; a private CA belongs in a connection"),
    ),
    ("cacert", '\0', true, Does::Told(CERTIFICATE)),
    ("capath", '\0', true, Does::Told(CERTIFICATE)),
    ("cert", 'E', true, Does::Told(CERTIFICATE)),
    ("cert-type", '\0', true, Does::Told(CERTIFICATE)),
    ("key", '\0', true, Does::Told(CERTIFICATE)),
    ("key-type", '\0', true, Does::Told(CERTIFICATE)),
    ("pass", '\0', true, Does::Told(CERTIFICATE)),
    ("pinnedpubkey", '\0', true, Does::Told(CERTIFICATE)),
    ("ciphers", '\0', true, Does::Told(TRANSPORT)),
    ("tls13-ciphers", '\0', true, Does::Told(TRANSPORT)),
    ("tlsv1", '1', false, Does::Told(TRANSPORT)),
    ("tlsv1.0", '\0', false, Does::Told(TRANSPORT)),
    ("tlsv1.1", '\0', false, Does::Told(TRANSPORT)),
    ("tlsv1.2", '\0', false, Does::Nothing),
    ("tlsv1.3", '\0', false, Does::Nothing),
    ("tls-max", '\0', true, Does::Told(TRANSPORT)),
    ("ssl-reqd", '\0', false, Does::Nothing),
    ("proxy", 'x', true, Does::Told(OPERATOR)),
    ("proxy-user", 'U', true, Does::Told(OPERATOR)),
    ("proxy-header", '\0', true, Does::Told(OPERATOR)),
    ("preproxy", '\0', true, Does::Told(OPERATOR)),
    ("socks5", '\0', true, Does::Told(OPERATOR)),
    ("socks5-hostname", '\0', true, Does::Told(OPERATOR)),
    ("noproxy", '\0', true, Does::Told(OPERATOR)),
    ("resolve", '\0', true, Does::Told(OPERATOR)),
    ("connect-to", '\0', true, Does::Told(OPERATOR)),
    ("interface", '\0', true, Does::Told(OPERATOR)),
    ("local-port", '\0', true, Does::Told(OPERATOR)),
    ("dns-servers", '\0', true, Does::Told(OPERATOR)),
    ("doh-url", '\0', true, Does::Told(OPERATOR)),
    ("unix-socket", '\0', true, Does::Told(OPERATOR)),
    ("ipv4", '4', false, Does::Told(OPERATOR)),
    ("ipv6", '6', false, Does::Told(OPERATOR)),
    ("limit-rate", '\0', true, Does::Told("a connection has `limits`")),
    ("rate", '\0', true, Does::Told("a connection has `limits`")),
    ("digest", '\0', false, Does::Told(AUTH)),
    ("ntlm", '\0', false, Does::Told(AUTH)),
    ("negotiate", '\0', false, Does::Told(AUTH)),
    ("anyauth", '\0', false, Does::Told(AUTH)),
    ("netrc", 'n', false, Does::Told(AUTH)),
    ("netrc-file", '\0', true, Does::Told(AUTH)),
    ("aws-sigv4", '\0', true, Does::Told("a connection signs, with the auth `awsSigV4`")),
    ("range", 'r', true, Does::Told("set a `Range` header")),
    ("continue-at", 'C', true, Does::Told("set a `Range` header")),
    ("time-cond", 'z', true, Does::Told("set an `If-Modified-Since` header")),
    ("form-escape", '\0', false, Does::Nothing),
    ("junk-session-cookies", 'j', false, Does::Nothing),
    ("post301", '\0', false, Does::Told("301 and 302 after POST become GET")),
    ("post302", '\0', false, Does::Told("301 and 302 after POST become GET")),
    ("post303", '\0', false, Does::Told("303 becomes GET")),
];

/// Sorts the words of a command.
pub(super) fn read(words: Vec<Word>, notes: &mut Vec<String>) -> Result<Command, Fault> {
    let mut words = words.into_iter().skip_while(is_before).peekable();
    let first = words.next();
    let is_curl = |word: &Word| {
        let name = word.text.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        name == "curl" || name == "curl.exe"
    };
    if !first.as_ref().is_some_and(is_curl) {
        let at = first.map_or(0, |word| word.at);
        return Err(Fault::unreadable(
            at,
            "this is not a `curl` command",
            "Paste one that begins with `curl`.",
        ));
    }
    let mut command = Command::default();
    let mut options_over = false;
    while let Some(word) = words.next() {
        if options_over || !word.text.starts_with('-') || word.text == "-" {
            command.take_url(word, notes);
        } else if word.text == "--" {
            options_over = true;
        } else if let Some(name) = word.text.strip_prefix("--") {
            let Some(row) = find(name) else {
                if is_negated(name) {
                    continue;
                }
                return Err(unknown(&word));
            };
            let value = if row.2 { Some(words.next().ok_or_else(|| lacks(&word))?) } else { None };
            if !command.apply(row, &word, value, notes)? {
                break;
            }
        } else if !command.letters(&word, &mut words, notes)? {
            break;
        }
    }
    Ok(command)
}

/// A prompt, or a variable of the environment, before the command.
fn is_before(word: &Word) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    matches!(word.text.as_str(), "$" | "%" | ">" | "sudo" | "time")
        || word.text.split_once('=').is_some_and(|(name, _)| is_name(name))
}

fn find(name: &str) -> Option<&'static Row> {
    OPTIONS.iter().find(|(known, ..)| *known == name)
}

/// `--no-…` of an option that has no value.
fn is_negated(name: &str) -> bool {
    name.strip_prefix("no-").and_then(find).is_some_and(|row| !row.2)
}

fn unknown(word: &Word) -> Fault {
    let name = word.text.trim_start_matches('-');
    let near = nearest(name, OPTIONS.iter().map(|row| row.0)).filter(|_| name.len() > 1);
    let fix = near.map_or_else(
        || "Leave it out where the request is the same without it.".to_owned(),
        |near| format!("Did you mean `--{near}`?"),
    );
    let message = format!("curl's option `{}` is not known here", shortened(&word.text, 60));
    Fault::refused(word.at, message, fix)
}

fn lacks(word: &Word) -> Fault {
    Fault::refused(
        word.at,
        format!("`{}` needs a value", shortened(&word.text, 60)),
        "Paste the whole command.",
    )
}

impl Command {
    /// Options of one letter run together, as `-sSLXPOST`. False where the command is over.
    fn letters(
        &mut self,
        word: &Word,
        words: &mut impl Iterator<Item = Word>,
        notes: &mut Vec<String>,
    ) -> Result<bool, Fault> {
        let letters = &word.text[1..];
        for (index, letter) in letters.char_indices() {
            let found = OPTIONS.iter().find(|row| row.1 == letter && letter != '\0');
            let Some(row) = found else {
                return Err(unknown(&Word { text: format!("-{letter}"), at: word.at }));
            };
            if !row.2 {
                if !self.apply(row, word, None, notes)? {
                    return Ok(false);
                }
                continue;
            }
            let rest = &letters[index + letter.len_utf8()..];
            let value = match rest {
                "" => words.next().ok_or_else(|| lacks(word))?,
                rest => Word { text: rest.to_owned(), at: word.at },
            };
            return self.apply(row, word, Some(value), notes);
        }
        Ok(true)
    }

    /// Takes an option in. False where the command is over.
    fn apply(
        &mut self,
        row: &Row,
        word: &Word,
        value: Option<Word>,
        notes: &mut Vec<String>,
    ) -> Result<bool, Fault> {
        let value = value.unwrap_or_else(|| Word { text: String::new(), at: word.at });
        let option = format!("--{}", row.0);
        match row.3 {
            Does::Method => self.method = Some(value),
            Does::Url => self.take_url(value, notes),
            Does::Header if value.text.starts_with('@') => return Err(Fault::file(value.at, &option)),
            Does::Header => self.headers.push(value),
            Does::Data | Does::Json if value.text.starts_with('@') => {
                return Err(Fault::file(value.at, &format!("{option} {}", shortened(&value.text, 60))));
            }
            Does::Data | Does::DataRaw => self.add_data(&value.text, "&"),
            Does::UrlEncode => {
                let text = url_encoded(&value, &option)?;
                self.add_data(&text, "&");
            }
            Does::Json => {
                self.json = true;
                self.add_data(&value.text, "");
            }
            Does::Form => self.parts.push(form::part(&value, &option, notes)?),
            Does::FormString => self.parts.push(form::plain(&value)?),
            Does::User => self.user = Some(value.text),
            Does::Bearer => self.bearer = Some(value.text),
            Does::Get => self.get = true,
            Does::Head => self.head = true,
            Does::Cookie if !value.text.contains('=') => return Err(Fault::file(value.at, &option)),
            Does::Cookie => self.cookies.push(value.text),
            Does::Agent => self.agent = Some(value.text),
            Does::Referer => self.referer = Some(value.text),
            Does::Follow => self.follow = true,
            // -1 is without a bound.
            Does::RedirectsMax => {
                self.redirects_max = Some(whole(&value, &option)?).filter(|most| *most >= 0);
            }
            Does::Timeout => self.timeout = Some(seconds(&value, &option)?),
            Does::Retries => self.retries = Some(whole(&value, &option)?),
            Does::Nothing => {}
            Does::File => return Err(Fault::file(word.at, &option)),
            Does::Told(why) => notes.push(format!("`{option}` is not taken over: {why}")),
            Does::Next => {
                notes.push("the command makes more requests than one: the first came in".to_owned());
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take_url(&mut self, word: Word, notes: &mut Vec<String>) {
        if self.url.is_none() {
            self.url = Some(word);
        } else {
            notes.push(format!("one URL came in; `{}` did not", shortened(&word.text, 100)));
        }
    }

    fn add_data(&mut self, text: &str, sign: &str) {
        match &mut self.data {
            None => self.data = Some(text.to_owned()),
            Some(data) => data.extend([sign, text]),
        }
    }
}

fn whole(word: &Word, option: &str) -> Result<i64, Fault> {
    word.text.trim().parse().map_err(|_| not_a_number(word, option))
}

fn seconds(word: &Word, option: &str) -> Result<Duration, Fault> {
    let seconds = word.text.trim().parse::<f64>().ok();
    let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| not_a_number(word, option))
}

fn not_a_number(word: &Word, option: &str) -> Fault {
    Fault::refused(word.at, format!("the value of `{option}` is not a number"), "Give a number.")
}

/// `content`, `=content`, `name=content`: all but the name is encoded. A name alone or an `@` names a file.
fn url_encoded(word: &Word, option: &str) -> Result<String, Fault> {
    match word.text.split_once('=') {
        Some(("", content)) => Ok(encode::component(content).to_string()),
        Some((name, content)) if !name.contains('@') => Ok(format!("{name}={}", encode::component(content))),
        None if !word.text.contains('@') => Ok(encode::component(&word.text).to_string()),
        _ => Err(Fault::file(word.at, option)),
    }
}
