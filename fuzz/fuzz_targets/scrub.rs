//! Any secret, written in any mixture of escapes between any neighbours: nothing of it is left, nor in what is read
//! out of the masked text afterwards. Text without it is left as it is.
#![no_main]

use callout_outbound::{SECRET_CHARS_MIN, Scrubber};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: (&str, &str, &str, &[u8])| {
    let (secret, before, after, choices) = data;
    // The mask is made of stars, and a form is marked off by a character that no secret here holds.
    if secret.chars().count() < SECRET_CHARS_MIN || secret.contains(['*', '\u{1}']) || secret.trim() != secret
    {
        return;
    }
    let mut scrubber = Scrubber::new();
    scrubber.add(secret);

    let mut choices = choices.iter().copied().chain(std::iter::repeat(0));
    let echo: String = secret.chars().map(|c| written(c, choices.next().unwrap_or_default())).collect();
    let text = format!("{before}\u{1}{echo}\u{1}{after}");
    let masked = scrubber.mask(&text);
    // A secret that repeats itself or the signs of escapes offers so many readings that all from there on is masked.
    let clean = masked.contains("\u{1}***\u{1}") || masked.ends_with("***");
    assert!(clean, "{echo:?} of {secret:?} became {masked:?}");

    for text in [before, after, &masked] {
        assert_clean(&scrubber, secret, text);
    }
});

/// What is masked holds no secret as it is, percent-decoded, or read as JSON.
fn assert_clean(scrubber: &Scrubber, secret: &str, text: &str) {
    let masked = scrubber.mask(text);
    assert!(!masked.contains(secret), "{secret:?} is left in {masked:?}");
    assert!(
        !contains(&percent_decoded(&masked), secret),
        "{secret:?} is left in {masked:?}, percent-encoded"
    );
    if let Ok(value) = serde_json::from_str::<Value>(&masked) {
        assert!(!holds(&value, secret), "{secret:?} is left in the JSON {masked:?}");
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = hex.filter(|hex| !hex.starts_with('+')).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    decoded
}

fn contains(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

fn holds(value: &Value, secret: &str) -> bool {
    match value {
        Value::String(text) => text.contains(secret),
        Value::Array(items) => items.iter().any(|item| holds(item, secret)),
        Value::Object(fields) => fields.iter().any(|(key, item)| key.contains(secret) || holds(item, secret)),
        _ => false,
    }
}

fn written(c: char, how: u8) -> String {
    let text = c.to_string();
    let percent = |sign: &str| text.bytes().map(|byte| format!("{sign}{byte:02X}")).collect::<String>();
    let unicode =
        |sign: &str| text.encode_utf16().map(|unit| format!("{sign}u{unit:04x}")).collect::<String>();
    match how % 12 {
        1 => percent("%"),
        2 => percent("%").to_lowercase(),
        3 => percent("%25"),
        4 => unicode("\\"),
        5 => unicode("\\\\"),
        6 => format!("&#{};", u32::from(c)),
        7 => format!("&#x{:X};", u32::from(c)),
        8 => format!("&amp;#x{:x};", u32::from(c)),
        9 if c == ' ' => "+".to_owned(),
        10 if matches!(c, '"' | '\\' | '/') => format!("\\{c}"),
        11 if c == '&' => "&amp;".to_owned(),
        _ => text,
    }
}
