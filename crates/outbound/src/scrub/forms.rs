//! The forms in which one secret may come back: as it is, and as each usual encoder writes it.

use std::collections::{BTreeSet, HashSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Hashed, since encoders mostly agree and most forms come more than once.
type Forms = HashSet<String>;

/// Every form of every secret, each once, in no order.
pub(super) fn forms_of(secrets: &BTreeSet<String>) -> Vec<Vec<u8>> {
    let mut texts = Forms::new();
    for secret in secrets {
        texts.insert(secret.clone());
        percent_forms(secret, &mut texts);
        base64_forms(secret.as_bytes(), &mut texts);
        hex_forms(secret.as_bytes(), &mut texts);
        json_forms(secret, &mut texts);
        xml_forms(secret, &mut texts);
    }
    texts.into_iter().map(String::into_bytes).collect()
}

/// Which ASCII characters an encoder of URLs leaves as they are, from the strictest to the laxest.
const KEPT_BESIDE_LETTERS_AND_DIGITS: &[&[u8]] = &[
    b"",
    b"-._",                          // PHP's urlencode
    b"-._~",                         // RFC 3986, unreserved
    b"*-._",                         // WHATWG form
    b"-._~@+",                       // our own path segments
    b"-._~!'()*",                    // encodeURIComponent
    b"-._~!$&'()*+,;=:@",            // RFC 3986, path segment
    b"-._~!$&'()*+,;=:@/",           // path
    b"-._~!$&'()*+,;=:@/?",          // query
    b"-._~!$&'()*+,;=:@/?[]#",       // encodeURI
    b"-._~!$&'()*+,;=:@/%[]|^\\",    // WHATWG path
    b"-._~!$&()*+,;=:@/?%[]|^\\{}`", // WHATWG query
];

fn percent_forms(secret: &str, into: &mut Forms) {
    for upper in [true, false] {
        into.insert(percent(secret, |_| false, upper));
        if secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            continue; // every encoder leaves it as it is
        }
        for kept in KEPT_BESIDE_LETTERS_AND_DIGITS {
            let form = percent(secret, |byte| byte.is_ascii_alphanumeric() || kept.contains(&byte), upper);
            into.insert(form.replace("%20", "+"));
            into.insert(form);
        }
    }
}

fn percent(text: &str, keep: impl Fn(u8) -> bool, upper: bool) -> String {
    let mut form = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if keep(byte) {
            form.push(char::from(byte));
        } else {
            form.push('%');
            push_hex(&mut form, u32::from(byte), 2, upper);
        }
    }
    form
}

/// Base64 of the secret alone, and of the secret inside something longer: then its first and last characters
/// hold bits of the neighbours, at each of three alignments, and are left out.
fn base64_forms(secret: &[u8], into: &mut Forms) {
    let mut forms = Forms::new();
    forms.insert(STANDARD.encode(secret));
    forms.insert(URL_SAFE.encode(secret));
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        forms.insert(engine.encode(secret));
        for before in 0..3usize {
            let mut shifted = vec![0u8; before];
            shifted.extend_from_slice(secret);
            let encoded = engine.encode(&shifted);
            let from = (before * 8).div_ceil(6);
            let to = encoded.len() - usize::from(shifted.len() % 3 != 0);
            forms.extend(encoded.get(from..to).map(str::to_owned));
        }
    }
    for form in &forms {
        percent_forms_of_base64(form, into);
    }
    into.extend(forms);
}

/// Base64 in a URL or a form: `+`, `/` and `=` are escaped there.
fn percent_forms_of_base64(form: &str, into: &mut Forms) {
    if form.contains(['+', '/', '=']) {
        for upper in [true, false] {
            into.insert(percent(form, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte), upper));
        }
        into.insert(form.replace('/', "\\/"));
    }
}

fn hex_forms(secret: &[u8], into: &mut Forms) {
    for upper in [false, true] {
        let mut form = String::with_capacity(secret.len() * 2);
        secret.iter().for_each(|byte| push_hex(&mut form, u32::from(*byte), 2, upper));
        into.insert(form);
    }
}

/// Writes the last so many hexadecimal digits of a number.
fn push_hex(form: &mut String, number: u32, digits: u32, upper: bool) {
    for digit in (0..digits).rev() {
        let value = (number >> (digit * 4)) & 0xf;
        let digit = char::from_digit(value, 16).unwrap_or('0');
        form.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
}

/// How a JSON writer spells characters that it may leave or escape.
#[derive(Clone, Copy, PartialEq)]
enum Unicode {
    Kept,
    Lower,
    Upper,
}

fn json_forms(secret: &str, into: &mut Forms) {
    use Unicode::{Lower, Upper};
    if secret.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b" -._~".contains(&byte)) {
        json_escapes(secret, into);
    }
    for all in [Lower, Upper] {
        let mut form = String::new();
        secret.chars().for_each(|c| unicode(&mut form, c, all));
        into.insert(form);
    }
}

/// Every mixture of what writers of JSON escape, where there is anything to escape.
fn json_escapes(secret: &str, into: &mut Forms) {
    use Unicode::{Kept, Lower, Upper};
    for slash in ["/", "\\/"] {
        for beyond_ascii in [Kept, Lower, Upper] {
            for html in [Kept, Lower, Upper] {
                for quote in ["\\\"", "\\u0022"] {
                    for html_signs in ["<>&", "<>&'", "<>&'+"] {
                        into.insert(json(secret, slash, beyond_ascii, (html, html_signs), quote));
                    }
                }
            }
        }
    }
    // JSON inside a JSON text.
    let once = json(secret, "/", Kept, (Kept, ""), "\\\"");
    into.insert(json(&once, "/", Kept, (Kept, ""), "\\\""));
    // The file name of a multipart body.
    into.insert(secret.replace('"', "%22"));
}

fn json(
    secret: &str,
    slash: &str,
    beyond_ascii: Unicode,
    (html, html_signs): (Unicode, &str),
    quote: &str,
) -> String {
    let mut form = String::with_capacity(secret.len() * 2);
    for c in secret.chars() {
        match c {
            '"' => form.push_str(quote),
            '\\' => form.push_str("\\\\"),
            '\n' => form.push_str("\\n"),
            '\r' => form.push_str("\\r"),
            '\t' => form.push_str("\\t"),
            '\u{8}' => form.push_str("\\b"),
            '\u{c}' => form.push_str("\\f"),
            '/' => form.push_str(slash),
            c if html != Unicode::Kept && html_signs.contains(c) => unicode(&mut form, c, html),
            c if c.is_ascii_control() => unicode(&mut form, c, Unicode::Lower),
            c if !c.is_ascii() && beyond_ascii != Unicode::Kept => unicode(&mut form, c, beyond_ascii),
            c => form.push(c),
        }
    }
    form
}

fn unicode(form: &mut String, c: char, case: Unicode) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        form.push_str("\\u");
        push_hex(form, u32::from(*unit), 4, case == Unicode::Upper);
    }
}

fn xml_forms(secret: &str, into: &mut Forms) {
    if secret.contains(['&', '<', '>', '"', '\'']) {
        xml_escapes(secret, into);
    }
    let decimal = secret.chars().map(|c| format!("&#{};", u32::from(c)));
    into.insert(decimal.collect());
    for upper in [false, true] {
        let mut form = String::with_capacity(secret.len() * 6);
        for c in secret.chars() {
            let code = u32::from(c);
            form.push_str("&#x");
            push_hex(&mut form, code, code.checked_ilog2().unwrap_or_default() / 4 + 1, upper);
            form.push(';');
        }
        into.insert(form);
    }
}

/// Every mixture of what writers of XML and HTML escape, where there is anything to escape.
fn xml_escapes(secret: &str, into: &mut Forms) {
    // Signs as numbers throughout, as some writers have it.
    for style in
        [|code: u32| format!("&#{code};"), |code| format!("&#x{code:x};"), |code| format!("&#x{code:X};")]
    {
        let signs = secret.chars().map(|c| if "&<>\"'".contains(c) { style(u32::from(c)) } else { c.into() });
        into.insert(signs.collect());
    }
    for quote in ["\"", "&quot;", "&#34;", "&#x22;"] {
        for apostrophe in ["'", "&apos;", "&#39;", "&#x27;", "&#039;"] {
            for greater in [">", "&gt;"] {
                into.insert(xml(secret, quote, apostrophe, greater));
            }
        }
    }
}

fn xml(secret: &str, quote: &str, apostrophe: &str, greater: &str) -> String {
    let mut form = String::with_capacity(secret.len() * 2);
    for c in secret.chars() {
        match c {
            '&' => form.push_str("&amp;"),
            '<' => form.push_str("&lt;"),
            '>' => form.push_str(greater),
            '"' => form.push_str(quote),
            '\'' => form.push_str(apostrophe),
            c => form.push(c),
        }
    }
    form
}
