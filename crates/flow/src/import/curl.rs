//! A pasted cURL command as a call in http mode.

mod body;
mod form;
mod options;
mod request;
mod table;
mod windows;
mod words;

use crate::node::api_call::ApiCallDraft;
use crate::problem::{FieldPath, Place, Problem};

/// The longest command that is read, in bytes: a body of 1 MiB, quoted, and the rest.
pub const CURL_BYTES_MAX: usize = 4 << 20;

/// What came of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedCall {
    /// Without cases or `next`: where it leads, its flow says.
    pub node: ApiCallDraft,
    /// What came in otherwise than the command says it, or not at all.
    pub notes: Vec<String>,
}

/// Reads a command as a shell would: bash and its relatives, `cmd.exe` or PowerShell. Nothing is run, and no file is
/// read.
pub fn curl(text: &str) -> Result<ImportedCall, Box<Problem>> {
    if text.len() > CURL_BYTES_MAX {
        let message = format!("the command has {} bytes; at most {CURL_BYTES_MAX} are read", text.len());
        let fix = "Give the body in the node itself.";
        return Err(Box::new(Problem::error("import-too-large", FieldPath::root(), message, fix)));
    }
    read(text).map_err(|fault| {
        let problem = Problem::error(fault.code, FieldPath::root(), fault.message, fault.fix);
        Box::new(Problem { place: Some(place_of(text, fault.at)), ..problem })
    })
}

fn read(text: &str) -> Result<ImportedCall, Fault> {
    let mut notes = Vec::new();
    let words = words::split(text, &mut notes)?;
    let command = options::read(words, &mut notes)?;
    let node = request::call(command, &mut notes)?;
    let mut told: Vec<String> = Vec::new();
    for note in notes {
        if !told.contains(&note) {
            told.push(note);
        }
    }
    Ok(ImportedCall { node, notes: told })
}

/// Why a command does not come in.
#[derive(Debug)]
struct Fault {
    code: &'static str,
    /// Bytes before it.
    at: usize,
    message: String,
    fix: String,
}

impl Fault {
    fn unreadable(at: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code: "import-unreadable", at, message: message.into(), fix: fix.into() }
    }

    fn refused(at: usize, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code: "import-curl-refused", at, message: message.into(), fix: fix.into() }
    }

    fn file(at: usize, option: &str) -> Self {
        let message = format!("`{option}` reads a file, which only the machine that the command was for has");
        let fix = "Put the file's content in place of its name, and paste the command again.";
        Self { code: "import-file-needed", at, message, fix: fix.to_owned() }
    }
}

fn place_of(text: &str, at: usize) -> Place {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}
