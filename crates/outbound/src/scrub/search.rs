//! Finds every form of every secret in one pass, and is quick to make: most are made for one call.
//!
//! An automaton over all forms (aho-corasick) took half a millisecond to build, more than many calls. Here only
//! the first bytes of each form are indexed, and the rest is compared where they are found.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{MASK, SECRET_CHARS_MIN, escaped, forms};

/// How much of a form is indexed: no form is shorter.
const NEEDLE_BYTES: usize = SECRET_CHARS_MIN;
/// One bit for each pair of bytes that a form may begin with: it rules out nearly every position at once.
const PAIRS: usize = 1 << 16;
const WORD_BITS: usize = u64::BITS as usize;

pub(super) struct Search {
    pairs: Vec<u64>,
    /// In order of their first `NEEDLE_BYTES`; among equals the longest first.
    forms: Vec<Vec<u8>>,
    /// As they are: what an escaped mixture is read against.
    secrets: Vec<Vec<u8>>,
}

impl Search {
    pub(super) fn new(secrets: &BTreeSet<String>) -> Self {
        let mut forms = forms::forms_of(secrets);
        forms.retain(|form| form.len() >= NEEDLE_BYTES);
        forms.sort_unstable_by(|a, b| a[..NEEDLE_BYTES].cmp(&b[..NEEDLE_BYTES]).then(b.len().cmp(&a.len())));
        let mut pairs = vec![0; PAIRS / WORD_BITS];
        for form in &forms {
            let (word, bit) = place(form[0], form[1]);
            pairs[word] |= bit;
        }
        let secrets: Vec<_> = secrets.iter().map(|secret| secret.clone().into_bytes()).collect();
        for (first, second) in secrets.iter().flat_map(|secret| escaped::first_pairs(secret)) {
            let (word, bit) = place(first, second);
            pairs[word] |= bit;
        }
        Self { pairs, forms, secrets }
    }

    /// The longest form that these bytes begin with.
    fn form_at(&self, bytes: &[u8]) -> Option<&[u8]> {
        let needle = bytes.first_chunk::<NEEDLE_BYTES>()?;
        let first = self.forms.partition_point(|form| form[..NEEDLE_BYTES] < needle[..]);
        self.forms[first..]
            .iter()
            .take_while(|form| form[..NEEDLE_BYTES] == needle[..])
            .find(|form| bytes.starts_with(form))
            .map(Vec::as_slice)
    }

    /// How much of what these bytes begin with is secret; 0 where nothing is.
    fn length_at(&self, bytes: &[u8]) -> usize {
        let [first, second, ..] = bytes else { return 0 };
        let (word, bit) = place(*first, *second);
        if self.pairs[word] & bit == 0 {
            return 0;
        }
        let form = self.form_at(bytes).map_or(0, <[u8]>::len);
        let mixed = self.secrets.iter().filter_map(|secret| escaped::end_of(secret, bytes)).max();
        form.max(mixed.unwrap_or_default())
    }

    pub(super) fn mask<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let mut masked = Vec::new();
        let (mut copied, mut at) = (0, 0);
        while at + NEEDLE_BYTES <= bytes.len() {
            let length = self.length_at(&bytes[at..]);
            if length == 0 {
                at += 1;
                continue;
            }
            masked.extend_from_slice(&bytes[copied..at]);
            masked.extend_from_slice(MASK.as_bytes());
            let mut end = at + length;
            // What begins in it and ends behind it is secret as well.
            while at + 1 < end {
                at += 1;
                end = end.max(at + self.length_at(&bytes[at..]));
            }
            at = end;
            copied = end;
        }
        if copied == 0 {
            return Cow::Borrowed(bytes);
        }
        masked.extend_from_slice(&bytes[copied..]);
        Cow::Owned(masked)
    }
}

fn place(first: u8, second: u8) -> (usize, u64) {
    let pair = usize::from(first) << 8 | usize::from(second);
    (pair / WORD_BITS, 1 << (pair % WORD_BITS))
}
