use super::*;
use serde_json::json;

fn decoded(content_type: &str, bytes: &[u8]) -> Result<Value, String> {
    let headers = match content_type {
        "" => vec![],
        text => vec![("content-type".to_owned(), text.to_owned())],
    };
    decode(&headers, &Bytes::copy_from_slice(bytes), &[])
        .map(|decoded| decoded.body.value().clone())
        .map_err(|why| why.to_string())
}

fn notes(content_type: &str, bytes: &[u8]) -> Vec<String> {
    let headers = [("content-type".to_owned(), content_type.to_owned())];
    decode(&headers, &Bytes::copy_from_slice(bytes), &[])
        .unwrap()
        .notes
        .into_iter()
        .map(|note| note.code.into_owned())
        .collect()
}

fn xml(text: &str) -> Result<Value, String> {
    decoded("application/xml", text.as_bytes())
}

#[test]
fn the_content_type_decides() {
    let object = br#"{"a":1}"#;
    for json_type in [
        "application/json",
        "text/json",
        "application/problem+json; charset=utf-8",
        "APPLICATION/JSON",
        "application/vnd.api+json",
        "application/x-amz-json-1.1",
        "",
        "application/octet-stream",
        "nonsense",
    ] {
        assert_eq!(decoded(json_type, object), Ok(json!({ "a": 1 })), "{json_type}");
    }
    for text_type in
        ["text/plain", "text/html; charset=UTF-8", "application/x-ndjson", "application/javascript"]
    {
        assert_eq!(decoded(text_type, object), Ok(json!("{\"a\":1}")), "{text_type}");
    }
    for binary in
        ["image/png", "image/svg+xml", "application/pdf", "audio/mpeg", "multipart/form-data; boundary=x"]
    {
        assert!(decoded(binary, object).unwrap_err().contains("is not decoded"), "{binary}");
    }
    assert_eq!(decoded("", b"just words"), Ok(json!("just words")));
    assert!(decoded("", b"\x89PNG\r\n\x1a\n\0\0").is_err());
    assert!(decoded("", b"a\0b").is_err());
    assert!(decoded("application/json", b"<html>").unwrap_err().contains("line 1, column 1"));
    assert_eq!(notes("text/html", object), ["json-sent-as-text"]);
}

#[test]
fn an_empty_body_is_null_whatever_it_calls_itself() {
    for content_type in ["", "application/json", "application/xml", "image/png", "text/plain"] {
        assert_eq!(decoded(content_type, b""), Ok(Value::Null));
    }
    assert_eq!(decoded("application/json", b" \r\n"), Ok(Value::Null));
    assert_eq!(decoded("text/plain", b"\n"), Ok(json!("\n")));
}

#[test]
fn charsets_are_obeyed_and_never_guessed() {
    assert_eq!(decoded("text/plain; charset=iso-8859-1", b"caf\xe9"), Ok(json!("café")));
    assert_eq!(decoded("text/plain; charset=\"ISO-8859-1\"", b"caf\xe9"), Ok(json!("café")));
    assert_eq!(decoded("application/json; charset=latin1", b"[\"caf\xe9\"]"), Ok(json!(["café"])));
    assert_eq!(decoded("text/plain", b"caf\xe9"), Err("it is not valid UTF-8".to_owned()));
    assert!(decoded("application/json", b"\"\xff\"").is_err());
    assert_eq!(decoded("text/plain; charset=shift_jis", b"\x93\xfa\x96{"), Ok(json!("日本")));
    let utf16: Vec<u8> = "\u{feff}{\"a\":\"é😀\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(decoded("application/json", &utf16), Ok(json!({ "a": "é😀" })));
    let utf16: Vec<u8> = "\u{feff}<a>é</a>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(decoded("text/xml; charset=utf-16", &utf16), Ok(json!({ "a": "é" })));
    assert_eq!(decoded("text/plain", b"\xEF\xBB\xBFx"), Ok(json!("x")));
    assert_eq!(decoded("application/json", b"\xEF\xBB\xBF[1]"), Ok(json!([1])));
    assert_eq!(decoded("text/plain; charset=klingon", b"x"), Ok(json!("x")));
    assert_eq!(notes("text/plain; charset=klingon", b"x"), ["charset-unknown"]);
    assert_eq!(
        decoded("application/xml", b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"),
        Ok(json!({"a": "é"}))
    );
}

#[test]
fn json_that_would_change_in_silence_is_told_or_refused() {
    assert_eq!(
        decoded("application/json", b"[1e400, 123456789012345678901]"),
        Ok(json!(["1e400", "123456789012345678901"]))
    );
    assert_eq!(notes("application/json", b"[1e400]"), ["number-kept-as-text"]);
    for broken in [&br#""\ud800""#[..], br#"{"a":1"#, br#"{"a":1}}"#, b"[1,]", b"NaN"] {
        assert!(decoded("application/json", broken).is_err());
    }
    assert!(decoded("application/json", "[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn xml_is_a_tree() {
    for (text, value) in [
        ("<a>x</a>", json!({ "a": "x" })),
        ("<a/>", json!({ "a": "" })),
        ("<a></a>", json!({ "a": "" })),
        ("<a> x </a>", json!({ "a": " x " })),
        ("<a b='1'/>", json!({ "a": { "@b": "1" } })),
        ("<a b=\"1 &lt; 2&#33;\">x</a>", json!({ "a": { "@b": "1 < 2!", "#text": "x" } })),
        ("<a>\n <b>1</b>\n <b>2</b>\n <c/>\n</a>", json!({ "a": { "b": ["1", "2"], "c": "" } })),
        ("<a>one <b>two</b> three</a>", json!({ "a": { "b": "two", "#text": "one  three" } })),
        ("<s:a xmlns:s='urn:x'><s:b>1</s:b></s:a>", json!({ "s:a": { "@xmlns:s": "urn:x", "s:b": "1" } })),
        ("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;</a>", json!({ "a": "<>&'\"AB" })),
        ("<a><![CDATA[<b>&amp;</b>]]></a>", json!({ "a": "<b>&amp;</b>" })),
        ("<?xml version='1.0'?><!-- c --><a><!-- c -->x<?pi y?></a>\n", json!({ "a": "x" })),
        ("<a>l\r\nm</a>", json!({ "a": "l\nm" })),
    ] {
        assert_eq!(xml(text), Ok(value), "{text}");
    }
    assert_eq!(decoded("application/soap+xml", b"<a/>"), Ok(json!({ "a": "" })));
    assert_eq!(decoded("text/xml", b"\n"), Ok(Value::Null));
}

#[test]
fn hostile_xml_is_refused() {
    let laughs = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><lolz>&lol2;</lolz>";
    assert!(xml(laughs).unwrap_err().contains("DTD"));
    assert!(xml("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>").unwrap_err().contains("DTD"));
    for broken in [
        "<a>&nbsp;</a>",
        "<a b='&x;'/>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>",
        "<a><b></a></b>",
        "</a>",
        "<a/><b/>",
        "x<a/>",
        "<a/>x",
        "<a b='1' b='2'/>",
        "<a b=1/>",
        "<a b/>",
        "<a",
        "no xml",
        "<!-- only -->",
    ] {
        assert!(xml(broken).is_err(), "{broken}: {:?}", xml(broken));
    }
    assert!(xml(&format!("{}{}", "<a>".repeat(128), "</a>".repeat(128))).is_ok());
    assert!(xml(&format!("{}{}", "<a>".repeat(129), "</a>".repeat(129))).unwrap_err().contains("nest"));
    let attributes: String = (0..50_000).map(|n| format!(" a{n}='x'")).collect();
    assert!(xml(&format!("<a{attributes}/>")).is_ok());
}

#[test]
fn forms_are_objects() {
    let form = |bytes: &[u8]| decoded("application/x-www-form-urlencoded", bytes);
    assert_eq!(
        form(b"a=1&b=x+y%26&a=2&c&a=3&=n"),
        Ok(json!({"a": ["1", "2", "3"], "b": "x y&", "c": "", "": "n"}))
    );
    assert_eq!(form(b"%C3%A9=%F0%9F%98%80"), Ok(json!({ "é": "😀" })));
    assert!(form(b"a=%ff").is_err());
}
