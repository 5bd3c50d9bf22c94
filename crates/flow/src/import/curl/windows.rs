//! The words of a command that was written for Windows: `cmd.exe`, whose programs take their quotes off themselves,
//! and PowerShell.

use super::Fault;
use super::words::{MORE, VARIABLE, Word, unclosed};

type Chars<'t> = &'t [(usize, char)];

/// `cmd.exe`: first its own signs, then quotes as the C library reads them.
pub(super) fn cmd(chars: Chars<'_>, notes: &mut Vec<String>) -> Result<Vec<Word>, Fault> {
    library_words(&unescaped(chars, notes))
}

/// What `cmd.exe` hands on: `^` takes the meaning from the next character, but within quotes.
fn unescaped(chars: Chars<'_>, notes: &mut Vec<String>) -> Vec<(usize, char)> {
    let start = chars.iter().position(|(_, c)| !c.is_whitespace()).unwrap_or(chars.len());
    let mut chars = chars[start..].iter().copied().peekable();
    let mut out = Vec::new();
    let mut quoted = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '^' if !quoted => match chars.next() {
                // The line goes on; the character that begins the next one is taken as it is.
                Some((_, '\n')) => out.extend(chars.next()),
                other => out.extend(other),
            },
            '\n' | '&' | '|' | '<' | '>' if !quoted => {
                if chars.any(|(_, c)| !c.is_whitespace()) {
                    notes.push(MORE.to_owned());
                }
                break;
            }
            _ => {
                quoted ^= c == '"';
                out.push((at, c));
            }
        }
    }
    out
}

/// Backslashes mean something before a quote only; within quotes a second quote is one of the text.
fn library_words(chars: Chars<'_>) -> Result<Vec<Word>, Fault> {
    let mut words = Vec::new();
    let mut chars = chars.iter().copied().peekable();
    while let Some(&(at, first)) = chars.peek() {
        if matches!(first, ' ' | '\t') {
            chars.next();
            continue;
        }
        let mut text = String::new();
        let mut quoted = None;
        while let Some(&(here, c)) = chars.peek() {
            if quoted.is_none() && matches!(c, ' ' | '\t') {
                break;
            }
            chars.next();
            match c {
                '\\' => {
                    let mut count = 1;
                    while chars.next_if(|(_, c)| *c == '\\').is_some() {
                        count += 1;
                    }
                    let before_quote = chars.peek().is_some_and(|(_, c)| *c == '"');
                    let kept = if before_quote { count / 2 } else { count };
                    text.extend(std::iter::repeat_n('\\', kept));
                    if before_quote && count % 2 == 1 {
                        text.extend(chars.next().map(|(_, c)| c));
                    }
                }
                '"' if quoted.is_some() && chars.next_if(|(_, c)| *c == '"').is_some() => text.push('"'),
                '"' => quoted = if quoted.is_some() { None } else { Some(here) },
                c => text.push(c),
            }
        }
        if let Some(opened) = quoted {
            return Err(unclosed(opened, '"'));
        }
        words.push(Word { text, at });
    }
    Ok(words)
}

/// PowerShell: a backtick escapes, a doubled quote is one of the text.
pub(super) fn power_shell(chars: Chars<'_>, notes: &mut Vec<String>) -> Result<Vec<Word>, Fault> {
    let mut words: Vec<Word> = Vec::new();
    let mut chars = chars.iter().copied().peekable();
    while let Some(&(at, first)) = chars.peek() {
        match first {
            '\n' if !words.is_empty() => break,
            ';' | '|' => break,
            '`' if is_line_end(chars.clone().skip(1)) => drop(chars.by_ref().find(|(_, c)| *c == '\n')),
            c if c.is_whitespace() => drop(chars.next()),
            _ => {
                let mut text = String::new();
                while let Some(&(here, c)) = chars.peek() {
                    if c.is_whitespace() || matches!(c, ';' | '|') {
                        break;
                    }
                    chars.next();
                    match c {
                        '\'' | '"' => quoted(c, here, &mut chars, &mut text, notes)?,
                        '`' => text.extend(chars.next().map(|(_, c)| escaped(c))),
                        c => text.push(c),
                    }
                }
                words.push(Word { text, at });
            }
        }
    }
    if chars.any(|(_, c)| !c.is_whitespace() && c != ';') {
        notes.push(MORE.to_owned());
    }
    Ok(words)
}

fn is_line_end(mut chars: impl Iterator<Item = (usize, char)>) -> bool {
    chars.find(|(_, c)| !matches!(c, ' ' | '\t')).is_none_or(|(_, c)| c == '\n')
}

fn quoted(
    quote: char,
    start: usize,
    chars: &mut std::iter::Peekable<impl Iterator<Item = (usize, char)>>,
    text: &mut String,
    notes: &mut Vec<String>,
) -> Result<(), Fault> {
    loop {
        match chars.next() {
            Some((_, c)) if c == quote => {
                if chars.next_if(|(_, c)| *c == quote).is_none() {
                    return Ok(());
                }
                text.push(quote);
            }
            Some((_, '`')) if quote == '"' => text.extend(chars.next().map(|(_, c)| escaped(c))),
            Some((_, '$')) if quote == '"' => {
                notes.push(VARIABLE.to_owned());
                text.push('$');
            }
            Some((_, c)) => text.push(c),
            None => return Err(unclosed(start, quote)),
        }
    }
}

fn escaped(c: char) -> char {
    match c {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    }
}
