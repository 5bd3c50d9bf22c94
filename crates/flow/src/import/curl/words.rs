//! The words of a command, their quotes taken off as the shell does it.

use super::{Fault, windows};

/// One word, and how many bytes come before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    pub at: usize,
}

/// What a variable of the shell is told as.
pub(super) const VARIABLE: &str =
    "the command names variables of a shell, as `$TOKEN`: they are taken as they stand";
pub(super) const MORE: &str = "what follows the command is left out";

/// The shell that a command was written for.
enum Shell {
    Bash,
    Cmd,
    Power,
}

/// The words of the first command.
pub(super) fn split(text: &str, notes: &mut Vec<String>) -> Result<Vec<Word>, Fault> {
    // A line's end is one character everywhere but in Windows.
    let is_return = |(at, c): &(usize, char)| *c == '\r' && text[*at..].starts_with("\r\n");
    let chars: Vec<(usize, char)> = text.char_indices().filter(|one| !is_return(one)).collect();
    match shell_of(&chars) {
        Shell::Bash => Bash { chars: &chars, at: 0, notes }.words(),
        Shell::Cmd => windows::cmd(&chars, notes),
        Shell::Power => windows::power_shell(&chars, notes),
    }
}

/// Told by the first sign outside of quotes that one shell alone has: how it goes on with the next line, or `^"`.
fn shell_of(chars: &[(usize, char)]) -> Shell {
    let mut quote = None;
    let mut before = ' ';
    let mut chars = chars.iter().map(|(_, c)| *c).peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (quote, c) {
            (None, '\\') if next == Some('\n') => return Shell::Bash,
            (None, '^') if matches!(next, Some('\n' | '"')) => return Shell::Cmd,
            (None, '`') if next == Some('\n') => return Shell::Power,
            (None, '\'') if before == '$' => quote = Some('$'),
            (None, '\'' | '"') => quote = Some(c),
            (None | Some('"' | '$'), '\\') => drop(chars.next()),
            (Some('$'), '\'') => quote = None,
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    Shell::Bash
}

struct Bash<'t, 'n> {
    /// With how many bytes come before each.
    chars: &'t [(usize, char)],
    at: usize,
    notes: &'n mut Vec<String>,
}

impl Bash<'_, '_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).map(|(_, c)| *c)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn offset(&self) -> usize {
        self.chars.get(self.at).or(self.chars.last()).map_or(0, |(offset, _)| *offset)
    }

    fn words(mut self) -> Result<Vec<Word>, Fault> {
        let mut words: Vec<Word> = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '\n' if !words.is_empty() => break,
                c if c.is_whitespace() => self.at += 1,
                '\\' if self.chars.get(self.at + 1).is_some_and(|(_, c)| *c == '\n') => self.at += 2,
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1
                    }
                }
                ';' | '|' | '&' | '<' | '>' | '(' | ')' => break,
                _ => {
                    let at = self.offset();
                    let bytes = self.word()?;
                    let text = String::from_utf8(bytes).map_err(|_| {
                        let fix =
                            "Callout's bodies are texts: give this one as base64 where the API takes that.";
                        Fault::unreadable(at, "this holds bytes that are no text in UTF-8", fix)
                    })?;
                    // A file's number belongs to the redirection that follows it.
                    let is_number = self.peek() == Some('>') && text.bytes().all(|b| b.is_ascii_digit());
                    if !is_number {
                        words.push(Word { text, at });
                    }
                }
            }
        }
        if self.chars[self.at.min(self.chars.len())..].iter().any(|(_, c)| !c.is_whitespace() && *c != ';') {
            self.notes.push(MORE.to_owned());
        }
        Ok(words)
    }

    fn word(&mut self) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        while let Some(c) = self.peek() {
            if c.is_whitespace() || matches!(c, ';' | '|' | '&' | '<' | '>' | '(' | ')') {
                break;
            }
            let start = self.offset();
            self.at += 1;
            match c {
                '\'' => self.single(start, &mut out)?,
                '"' => self.double(start, &mut out)?,
                '$' if self.take('\'') => self.ansi(start, &mut out)?,
                '$' if self.peek() == Some('"') => {}
                '$' | '`' => self.expansion(c, start, &mut out)?,
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(c) => push(c, &mut out),
                },
                c => push(c, &mut out),
            }
        }
        Ok(out)
    }

    fn single(&mut self, start: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(c) => push(c, out),
                None => return Err(unclosed(start, '\'')),
            }
        }
    }

    fn double(&mut self, start: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        loop {
            let at = self.offset();
            match self.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.next() {
                    Some('\n') => {}
                    Some(c @ ('$' | '`' | '"' | '\\')) => push(c, out),
                    Some(c) => {
                        out.push(b'\\');
                        push(c, out);
                    }
                    None => return Err(unclosed(start, '"')),
                },
                Some(c @ ('$' | '`')) => self.expansion(c, at, out)?,
                Some(c) => push(c, out),
                None => return Err(unclosed(start, '"')),
            }
        }
    }

    /// `$NAME` stays as it is; what a command would print, nobody knows.
    fn expansion(&mut self, sign: char, at: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let next = self.peek();
        if sign == '`' || next == Some('(') {
            let message = "what a command within the command would print is not known";
            return Err(Fault::unreadable(at, message, "Put the value itself there."));
        }
        if next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '{')) {
            self.notes.push(VARIABLE.to_owned());
        }
        push(sign, out);
        Ok(())
    }

    /// `$'…'`, with the escapes of C.
    fn ansi(&mut self, start: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some('\\') => self.escape(start, out)?,
                Some(c) => push(c, out),
                None => return Err(unclosed(start, '\'')),
            }
        }
    }

    fn escape(&mut self, start: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        let Some(c) = self.next() else { return Err(unclosed(start, '\'')) };
        let code = match c {
            'a' => 7,
            'b' => 8,
            'e' | 'E' => 27,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            '\\' | '\'' | '"' | '?' => u32::from(c),
            'c' => self.next().map_or(0, |c| u32::from(c) & 0x1f),
            'x' => return self.byte(16, 2, "\\x", out),
            '0'..='7' => {
                self.at -= 1;
                return self.byte(8, 3, "\\", out);
            }
            'u' | 'U' => {
                let digits = self.digits(16, if c == 'u' { 4 } else { 8 });
                let scalar = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                let fix = "Write the character itself.";
                let scalar = scalar.ok_or_else(|| {
                    Fault::unreadable(start, format!("`\\{c}{digits}` is no character"), fix)
                })?;
                u32::from(scalar)
            }
            other => {
                out.push(b'\\');
                u32::from(other)
            }
        };
        out.extend(char::from_u32(code).map(|c| c.to_string()).unwrap_or_default().bytes());
        Ok(())
    }

    /// One byte by its number; with no digit the escape stands as it is.
    fn byte(&mut self, radix: u32, most: usize, sign: &str, out: &mut Vec<u8>) -> Result<(), Fault> {
        let digits = self.digits(radix, most);
        match u32::from_str_radix(&digits, radix) {
            Ok(code) => out.push((code & 0xff) as u8),
            Err(_) => out.extend(sign.bytes()),
        }
        Ok(())
    }

    fn digits(&mut self, radix: u32, most: usize) -> String {
        let mut digits = String::new();
        while digits.len() < most
            && let Some(c) = self.peek().filter(|c| c.is_digit(radix))
        {
            digits.push(c);
            self.at += 1;
        }
        digits
    }
}

pub(super) fn unclosed(at: usize, quote: char) -> Fault {
    Fault::unreadable(at, format!("this {quote} is not closed"), "Paste the whole command.")
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend(c.encode_utf8(&mut [0; 4]).bytes());
}
