//! What the words of a command ask of curl.

use std::time::Duration;

use super::Fault;
use super::form;
use super::table::{Does, OPTIONS, Row};
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
