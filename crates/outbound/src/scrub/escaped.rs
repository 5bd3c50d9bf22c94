//! A secret whose characters are escaped here and there, in any mixture: what no list of forms can hold.

/// How often the reading of one place is begun anew before it is given up: only text that is made to confuse
/// offers so many ways.
const WAYS_MAX: usize = 256;

/// The end of a text's beginning that reads as the secret, where each of its characters stands as it is, or as
/// percent, JSON or XML write it.
pub(super) fn end_of(secret: &[u8], text: &[u8]) -> Option<usize> {
    let mut other_ways = Vec::new();
    let mut ways = 0;
    let (mut at, mut read) = (0, 0);
    loop {
        if read == secret.len() {
            return Some(at);
        }
        let plain = text.get(at).is_some_and(|byte| *byte == secret[read]);
        let escaped = unit(&text[at..]).filter(|unit| secret[read..].starts_with(unit.bytes()));
        match (plain, escaped) {
            (true, escaped) => {
                if let Some(unit) = escaped {
                    other_ways.push((at + unit.length, read + unit.count));
                }
                at += 1;
                read += 1;
            }
            (false, Some(unit)) => {
                at += unit.length;
                read += unit.count;
            }
            (false, None) => {
                ways += 1;
                if ways > WAYS_MAX {
                    return None;
                }
                (at, read) = other_ways.pop()?;
            }
        }
    }
}

/// Every pair of bytes that an escaped first character may begin with.
pub(super) fn first_pairs(secret: &[u8]) -> Vec<(u8, u8)> {
    let Some(first) = secret.first() else { return Vec::new() };
    let hex = b"0123456789abcdef"[usize::from(first >> 4)];
    let mut pairs = vec![(b'%', hex), (b'%', hex.to_ascii_uppercase()), (b'\\', b'u'), (b'&', b'#')];
    pairs.extend(SHORT.iter().filter(|(_, means)| means == first).map(|(letter, _)| (b'\\', *letter)));
    let named = NAMED.iter().filter(|(_, means)| means == first);
    pairs.extend(named.map(|(name, _)| (b'&', name.as_bytes()[0])));
    // The first as it is, and an escape after it.
    pairs.extend([b'%', b'\\', b'&', b'+'].map(|sign| (*first, sign)));
    if *first == b' ' {
        pairs.extend((0..=u8::MAX).map(|next| (b'+', next)));
    }
    pairs
}

/// The short escapes of JSON.
const SHORT: &[(u8, u8)] = &[
    (b'"', b'"'),
    (b'\\', b'\\'),
    (b'/', b'/'),
    (b'b', 8),
    (b'f', 12),
    (b'n', b'\n'),
    (b'r', b'\r'),
    (b't', b'\t'),
];
/// The entities that XML knows by name.
const NAMED: &[(&str, u8)] =
    &[("amp;", b'&'), ("lt;", b'<'), ("gt;", b'>'), ("quot;", b'"'), ("apos;", b'\'')];

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

fn unit(text: &[u8]) -> Option<Unit> {
    match text.first()? {
        b'+' => Some(Unit::byte(b' ', 1)),
        b'%' => {
            let byte = number(text.get(1..3)?, 16)?;
            u8::try_from(byte).ok().map(|byte| Unit::byte(byte, 3))
        }
        b'\\' => json(text),
        b'&' => xml(text),
        _ => None,
    }
}

fn json(text: &[u8]) -> Option<Unit> {
    let letter = *text.get(1)?;
    if let Some((_, means)) = SHORT.iter().find(|(short, _)| *short == letter) {
        return Some(Unit::byte(*means, 2));
    }
    let code = |at: usize| match text.get(at..at + 2) {
        Some(b"\\u") => number(text.get(at + 2..at + 6)?, 16),
        _ => None,
    };
    let first = code(0)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first).map(|c| Unit::char(c, 6));
    }
    let second = code(6).filter(|second| (0xdc00..0xe000).contains(second))?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).map(|c| Unit::char(c, 12))
}

fn xml(text: &[u8]) -> Option<Unit> {
    let name = &text[1..];
    if let Some((named, means)) = NAMED.iter().find(|(named, _)| name.starts_with(named.as_bytes())) {
        return Some(Unit::byte(*means, 1 + named.len()));
    }
    /// Leading zeros included.
    const DIGITS_MAX: usize = 8;
    let digits = name.strip_prefix(b"#")?;
    let (digits, radix, before) = match digits.strip_prefix(b"x").or_else(|| digits.strip_prefix(b"X")) {
        Some(digits) => (digits, 16, 3),
        None => (digits, 10, 2),
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

    #[test]
    fn every_mixture_reads_as_the_secret() {
        let secret = "s/k \"&é😀";
        for text in [
            "s/k \"&é😀",
            r#"\u0073\/k\u0020\"&amp;\u00E9\ud83D\uDE00"#,
            "s%2fk+%22%26%C3%a9%F0%9F%98%80",
            "&#115;&#x2F;k&#x0020;&quot;&#38;&#233;&#128512;",
            "%73/k%20\\u0022&#x26;é&#x1f600;",
        ] {
            assert_eq!(
                end_of(secret.as_bytes(), format!("{text} tail").as_bytes()),
                Some(text.len()),
                "{text}"
            );
            assert_eq!(end_of(secret.as_bytes(), &text.as_bytes()[..text.len() - 1]), None, "{text}");
        }
    }

    #[test]
    fn signs_of_escapes_in_a_secret_stand_for_themselves_too() {
        for (secret, text) in
            [("a%41b", "a%2541b"), ("a%41b", "a%41b"), ("\\\\n", "\\\\\\\\n"), ("a+b", "a+b")]
        {
            assert_eq!(end_of(secret.as_bytes(), text.as_bytes()), Some(text.len()), "{secret} {text}");
        }
    }
}
