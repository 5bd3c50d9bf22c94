//! Reads a text that is escaped here and there as percent, JSON and XML do it, in any mixture, perhaps twice over:
//! what no list of forms can hold.

use std::collections::BTreeSet;

/// The end of the beginning of `text` that reads as the secret; the furthest where there are several.
///
/// `places_left` bounds the work: an escape costs a place for each way to read it. Once none is left all of the text
/// is taken for secret: only text that is made to confuse needs so many.
pub(super) fn end_of(secret: &[u8], text: &[u8], places_left: &mut usize) -> Option<usize> {
    let mut end = None;
    let mut open = Vec::new();
    let mut seen = BTreeSet::new();
    // Nothing is allocated as long as there is one way only, and most ends at once.
    let mut next = Some((0, 0));
    while let Some((mut at, mut read)) = next {
        while read < secret.len() && text.get(at) == Some(&secret[read]) && !is_sign(secret[read]) {
            (at, read) = (at + 1, read + 1);
        }
        if read == secret.len() {
            end = end.max(Some(at));
        } else if let Some(sign) = text.get(at).filter(|byte| is_sign(**byte)) {
            let plain = (*sign == secret[read]).then_some((at + 1, read + 1));
            let escaped = units(&text[at..]).filter(|unit| secret[read..].starts_with(unit.bytes()));
            let ways = escaped.map(|unit| (at + unit.length, read + unit.count)).chain(plain);
            open.extend(ways.filter(|way| seen.insert(*way)));
            *places_left = places_left.saturating_sub(1);
            if *places_left == 0 {
                return Some(text.len());
            }
        }
        next = open.pop();
    }
    end
}

/// Every pair of bytes that an escaped secret may begin with. As it is it begins with its own first two.
pub(super) fn first_pairs(secret: &[u8]) -> Vec<(u8, u8)> {
    let [first, second, ..] = *secret else { return Vec::new() };
    let hex = b"0123456789abcdef"[usize::from(first >> 4)];
    let mut pairs = vec![(b'%', hex), (b'%', hex.to_ascii_uppercase()), (b'\\', b'u'), (b'&', b'#')];
    pairs.extend(SHORT.iter().filter(|(_, means)| *means == first).map(|(letter, _)| (b'\\', *letter)));
    let named = NAMED.iter().filter(|(_, means)| *means == first);
    pairs.extend(named.map(|(name, _)| (b'&', name.as_bytes()[0])));
    // Escaped twice over.
    pairs.extend([(b'%', b'2'), (b'\\', b'\\'), (b'&', b'a')]);
    // The first as it is, and an escape after it.
    pairs.extend([b'%', b'\\', b'&'].map(|sign| (first, sign)));
    if second == b' ' {
        pairs.push((first, b'+'));
    }
    if first == b' ' {
        pairs.extend((0..=u8::MAX).map(|next| (b'+', next)));
    }
    pairs
}

/// What the first bytes of a text may be read as, as they are and out of each escape.
pub(super) fn first_bytes(text: &[u8]) -> impl Iterator<Item = u8> {
    text.first().copied().into_iter().chain(units(text).map(|unit| unit.bytes[0]))
}

/// The signs that begin an escape, as they are and as they stand where the text was escaped once more.
const SIGNS: [(u8, &[u8]); 7] = [
    (b'%', b"%"),
    (b'%', b"%25"),
    (b'\\', b"\\"),
    (b'\\', b"\\\\"),
    (b'&', b"&"),
    (b'&', b"&amp;"),
    (b'&', b"\\u0026"), // JSON that is safe to stand in HTML
];
/// The short escapes of JSON, and the one that JavaScript has beside them.
const SHORT: [(u8, u8); 9] = [
    (b'"', b'"'),
    (b'\\', b'\\'),
    (b'/', b'/'),
    (b'b', 8),
    (b'f', 12),
    (b'n', b'\n'),
    (b'r', b'\r'),
    (b't', b'\t'),
    (b'\'', b'\''),
];
/// The entities that XML knows by name.
const NAMED: [(&str, u8); 5] =
    [("amp;", b'&'), ("lt;", b'<'), ("gt;", b'>'), ("quot;", b'"'), ("apos;", b'\'')];

fn is_sign(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | b'+')
}

/// One escaped character: what it stands for, and how much of the text it takes.
struct Unit {
    bytes: [u8; 4],
    count: usize,
    length: usize,
}

impl Unit {
    fn byte(byte: u8, length: usize) -> Self {
        Self { bytes: [byte, 0, 0, 0], count: 1, length }
    }

    fn char(c: char, length: usize) -> Self {
        let mut bytes = [0; 4];
        let count = c.encode_utf8(&mut bytes).len();
        Self { bytes, count, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.count]
    }
}

/// Every way to read an escape at the beginning of a text.
fn units(text: &[u8]) -> impl Iterator<Item = Unit> {
    let first = text.first().copied().filter(|byte| is_sign(*byte));
    let space = (first == Some(b'+')).then(|| Unit::byte(b' ', 1));
    let signs = if first.is_some() { &SIGNS[..] } else { &[] };
    let escapes = signs.iter().filter_map(|(sign, written)| {
        let rest = text.strip_prefix(*written)?;
        let unit = match sign {
            b'%' => percent(rest),
            b'\\' => json(rest, written),
            _ => xml(rest),
        }?;
        Some(Unit { length: written.len() + unit.length, ..unit })
    });
    space.into_iter().chain(escapes)
}

fn percent(rest: &[u8]) -> Option<Unit> {
    let byte = number(rest.get(..2)?, 16)?;
    u8::try_from(byte).ok().map(|byte| Unit::byte(byte, 2))
}

fn json(rest: &[u8], sign: &[u8]) -> Option<Unit> {
    // Where all was escaped once more, so was the sign behind the sign.
    let again = usize::from(sign.len() > 1 && rest.first() == Some(&b'\\'));
    let letter = *rest.get(again)?;
    if let Some((_, means)) = SHORT.iter().find(|(short, _)| *short == letter) {
        return Some(Unit::byte(*means, again + 1));
    }
    /// Of `u` and four digits.
    const LENGTH: usize = 5;
    let code = |at: usize| match rest.get(at) {
        Some(b'u') => number(rest.get(at + 1..at + LENGTH)?, 16),
        _ => None,
    };
    let first = code(0)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first).map(|c| Unit::char(c, LENGTH));
    }
    let pair = rest.get(LENGTH..)?.starts_with(sign);
    let second = code(LENGTH + sign.len()).filter(|second| pair && (0xdc00..0xe000).contains(second))?;
    let c = char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    c.map(|c| Unit::char(c, LENGTH + sign.len() + LENGTH))
}

fn xml(rest: &[u8]) -> Option<Unit> {
    if let Some((name, means)) = NAMED.iter().find(|(name, _)| rest.starts_with(name.as_bytes())) {
        return Some(Unit::byte(*means, name.len()));
    }
    /// Leading zeros included.
    const DIGITS_MAX: usize = 8;
    let digits = rest.strip_prefix(b"#")?;
    let (digits, radix, before) = match digits.strip_prefix(b"x").or_else(|| digits.strip_prefix(b"X")) {
        Some(digits) => (digits, 16, 2),
        None => (digits, 10, 1),
    };
    let count = digits.iter().take(DIGITS_MAX + 1).position(|byte| *byte == b';')?;
    char::from_u32(number(&digits[..count], radix)?).map(|c| Unit::char(c, before + count + 1))
}

/// `None` where there is anything but digits, or nothing.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |number, digit| {
        number.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(secret: &str, text: &str) -> Option<usize> {
        end_of(secret.as_bytes(), text.as_bytes(), &mut 10_000)
    }

    #[test]
    fn every_mixture_reads_as_the_secret() {
        let secret = "s/k \"&é😀";
        for text in [
            "s/k \"&é😀",
            r#"\u0073\/k\u0020\"&amp;\u00E9\ud83D\uDE00"#,
            "s%2fk+%22%26%C3%a9%F0%9F%98%80",
            "&#115;&#x2F;k&#x0020;&quot;&#38;&#233;&#128512;",
            "%73/k%20\\u0022&#x26;é&#x1f600;",
            // Twice over.
            r#"s\\/k \\\"&\\u00e9\\ud83d\\ude00"#,
            r#"s\\\/k \\\"&\\u00e9\\ud83d\\ude00"#,
            "s%252Fk%2520%2522%2526%25C3%25A9%25F0%259F%2598%2580",
            "s&amp;#47;k &amp;quot;&amp;amp;&amp;#xe9;&amp;#128512;",
            r"s/k \u0026quot;\u0026amp;é😀",
        ] {
            assert_eq!(read(secret, &format!("{text} tail")), Some(text.len()), "{text}");
            let cut = &text.as_bytes()[..text.len() - 1];
            assert_eq!(end_of(secret.as_bytes(), cut, &mut 10_000), None, "{text}");
        }
    }

    #[test]
    fn signs_of_escapes_in_a_secret_stand_for_themselves_too() {
        let slashes = "\\".repeat(20);
        for (secret, text) in [
            ("a%41b", "a%2541b"),
            ("a%41b", "a%41b"),
            ("\\\\n", "\\\\\\\\n"),
            ("a+b", "a+b"),
            ("a+ b", "a++b"),
            ("abcde\\u", "abcde\\\\u0075"),
            ("%2525", "%252525"),
            (&format!("{slashes}x"), &format!("{slashes}{slashes}x")),
            (&format!("{slashes}x"), &format!("{slashes}\\u0078")),
        ] {
            assert_eq!(read(secret, text), Some(text.len()), "{secret} {text}");
        }
    }

    #[test]
    fn text_that_offers_too_many_ways_is_taken_for_secret() {
        let secret = format!("{}x", "\\".repeat(60));
        let text = "\\".repeat(200);
        assert_eq!(read(&secret, &text), None);
        assert_eq!(end_of(secret.as_bytes(), text.as_bytes(), &mut 100), Some(text.len()));
    }

    #[test]
    fn what_is_no_escape_is_none() {
        for text in [
            "%7",
            "%7g",
            "\\",
            "\\u00",
            "\\ud83d",
            "\\ud83d\\u0041",
            "&#;",
            "&#x110000;",
            "&lt",
            "%",
            "&",
            "",
        ] {
            assert_eq!(units(text.as_bytes()).count(), 0, "{text}");
        }
    }
}
