//! Decoding answers: nothing that an upstream can send makes it panic, or take long.

use callout_flow::answer::decode;
use callout_flow::map::{AnswerView, Outputs};
use callout_flow::node::api_call::draft::OutputDraft;
use callout_flow::problem::FieldPath;
use proptest::prelude::*;

const TYPES: [&str; 9] = [
    "",
    "application/json",
    "application/json; charset=utf-16",
    "application/xml",
    "text/xml; charset=iso-8859-1",
    "application/x-www-form-urlencoded",
    "text/plain; charset=shift_jis",
    "application/octet-stream",
    "image/png",
];

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("\"a\""),
        Just(":"),
        Just(","),
        Just("1e400"),
        Just("\\ud800"),
        Just("<a>"),
        Just("</a>"),
        Just("<a b='"),
        Just("'/>"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("&lt;"),
        Just("&#x41;"),
        Just("&x;"),
        Just("<!DOCTYPE a ["),
        Just("]>"),
        Just("<?xml version='1.0' encoding='utf-16'?>"),
        Just("<!--"),
        Just("-->"),
        Just("%zz"),
        Just("&"),
        Just("="),
        Just("é"),
        Just("\0"),
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat().into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn decoding_and_mapping_never_panic(bytes in bytes(), status in 200_u16..600) {
        let drafts: Vec<OutputDraft> = serde_json::from_value(serde_json::json!([
            { "var": "a", "path": "$..a", "type": "number" },
            { "var": "b", "path": "$.a[0]", "type": "date", "required": true },
            { "var": "c", "path": "$", "type": "json", "sensitive": true },
        ])).unwrap();
        let outputs = Outputs::compile(&drafts, &FieldPath::root(), &mut Vec::new()).unwrap();
        for content_type in TYPES {
            let headers = [("content-type".to_owned(), content_type.to_owned())];
            if let Ok(decoded) = decode(&headers, &bytes.clone().into(), &[]) {
                let mapped = outputs.map(&AnswerView { status, headers: &headers, body: &decoded.body, picked: None });
                prop_assert_eq!(mapped.set.len(), 3);
                // What was decoded can be shown and stored.
                prop_assert!(serde_json::to_vec(&decoded.body).is_ok());
            }
        }
    }
}

#[test]
fn a_large_answer_is_decoded_in_one_pass() {
    let items: Vec<String> = (0..100_000).map(|n| format!("<i a='{n}'>&lt;{n}&#33;</i>")).collect();
    let body = format!("<r>{}</r>", items.concat());
    let decoded =
        decode(&[("content-type".to_owned(), "text/xml".to_owned())], &body.as_bytes().to_vec().into(), &[])
            .unwrap();
    assert_eq!(decoded.body["r"]["i"][99_999]["#text"], "<99999!");
}
