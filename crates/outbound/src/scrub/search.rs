//! Finds every text of every secret in one pass, and is quick to make: most are made for one call.
//!
//! An automaton over all forms (aho-corasick) took half a millisecond to build, more than many calls. Here only
//! the first bytes are indexed, and the rest is read where they are found.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::{MASK, SECRET_CHARS_MIN, escaped, forms};

/// One bit for each pair of bytes that a secret may begin with: it rules out nearly every position at once.
const PAIRS: usize = 1 << 16;
const WORD_BITS: usize = u64::BITS as usize;
/// How many escapes may be tried for each byte of a body, and in any: true ones need less than one.
const PLACES_FOR_A_BYTE: usize = 4;
const PLACES_FOR_ANY: usize = 4096;

pub(super) struct Search {
    pairs: Vec<u64>,
    /// In order, none shorter than `SECRET_CHARS_MIN`.
    texts: Vec<Vec<u8>>,
    /// Where in `texts` those begin that begin with a byte or a higher one.
    by_first: Vec<usize>,
}

impl Search {
    pub(super) fn new(secrets: &BTreeSet<String>) -> Self {
        let mut texts = forms::texts_of(secrets);
        texts.retain(|text| text.len() >= SECRET_CHARS_MIN);
        let mut pairs = vec![0; PAIRS / WORD_BITS];
        let mut mark = |first: u8, second: u8| {
            let (word, bit) = place(first, second);
            pairs[word] |= bit;
        };
        for text in &texts {
            mark(text[0], text[1]);
            escaped::first_pairs(text).into_iter().for_each(|(first, second)| mark(first, second));
        }
        let by_first = (0..=usize::from(u8::MAX) + 1)
            .map(|first| texts.partition_point(|text| usize::from(text[0]) < first))
            .collect();
        Self { pairs, texts, by_first }
    }

    /// How much of what these bytes begin with is secret; 0 where nothing is.
    #[inline]
    fn length_at(&self, bytes: &[u8], places_left: &mut usize) -> usize {
        let [first, second, ..] = bytes else { return 0 };
        let (word, bit) = place(*first, *second);
        if self.pairs[word] & bit == 0 { 0 } else { self.read_at(bytes, places_left) }
    }

    fn read_at(&self, bytes: &[u8], places_left: &mut usize) -> usize {
        let ends = escaped::first_bytes(bytes)
            .flat_map(|first| self.beginning_with(first))
            .filter_map(|text| escaped::end_of(text, bytes, places_left));
        ends.max().unwrap_or_default()
    }

    fn beginning_with(&self, first: u8) -> &[Vec<u8>] {
        let first = usize::from(first);
        &self.texts[self.by_first[first]..self.by_first[first + 1]]
    }

    /// The first piece that is secret, from `from` on: all of what begins in it, however far that goes.
    fn next(&self, bytes: &[u8], from: usize, places_left: &mut usize) -> Option<Range<usize>> {
        let mut found = (from..bytes.len()).map(|at| (at, self.length_at(&bytes[at..], places_left)));
        let (start, length) = found.find(|(_, length)| *length > 0)?;
        let (mut at, mut end) = (start, start + length);
        while at + 1 < end && end < bytes.len() {
            at += 1;
            end = end.max(at + self.length_at(&bytes[at..], places_left));
        }
        Some(start..end)
    }

    pub(super) fn mask<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let mut masked = Vec::new();
        let mut copied = 0;
        let mut places_left = bytes.len() * PLACES_FOR_A_BYTE + PLACES_FOR_ANY;
        while let Some(secret) = self.next(bytes, copied, &mut places_left) {
            let number = json_number(bytes, copied, &secret);
            let quote: &[u8] = if number.is_some() { b"\"" } else { b"" };
            let Range { start, end } = number.unwrap_or(secret);
            let pieces = [&bytes[copied..start], quote, MASK.as_bytes(), quote];
            pieces.into_iter().for_each(|piece| masked.extend_from_slice(piece));
            copied = end;
        }
        if copied == 0 {
            return Cow::Borrowed(bytes);
        }
        masked.extend_from_slice(&bytes[copied..]);
        Cow::Owned(masked)
    }
}

/// The whole number where the secret is all or part of one that stands where JSON has values: its mask must be a
/// string there, or nobody could read the rest.
fn json_number(bytes: &[u8], from: usize, secret: &Range<usize>) -> Option<Range<usize>> {
    let is_of_number = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    if !bytes[secret.clone()].iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (before, after) = (&bytes[from..secret.start], &bytes[secret.end..]);
    let start = secret.start - before.iter().rev().take_while(is_of_number).count();
    let end = secret.end + after.iter().take_while(is_of_number).count();
    let is_not_space = |byte: &&u8| !byte.is_ascii_whitespace();
    let opened = bytes[from..start].iter().rev().find(is_not_space);
    let closed = bytes[end..].iter().find(is_not_space);
    let of_json = matches!(opened, Some(b':' | b'[' | b',')) && matches!(closed, Some(b',' | b']' | b'}'));
    of_json.then_some(start..end)
}

fn place(first: u8, second: u8) -> (usize, u64) {
    let pair = usize::from(first) << 8 | usize::from(second);
    (pair / WORD_BITS, 1 << (pair % WORD_BITS))
}
