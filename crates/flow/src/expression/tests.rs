//! What expressions read, give and refuse.

use super::*;
use serde_json::json;

fn vars() -> Value {
    json!({
        "n": 7, "f": 2.5, "s": "Ann Lee", "empty": "", "null": null, "yes": true, "big": 9_007_199_254_740_993_i64,
        "max": u64::MAX, "list": [3, 1, 2], "words": ["b", "A", "c"], "o": { "b": 1, "a": [10, { "k v": "deep" }] },
        "rows": [{ "id": 1, "name": "x", "ok": true }, { "id": 2, "ok": false }, { "id": 3, "name": "z" }],
    })
}

fn eval_in(source: &str, vars: &Value) -> Result<Option<Value>, EvalError> {
    let scope = Scope { vars: Some(vars), ..Scope::default() };
    Expression::compile(source, Roots::FLOW).unwrap_or_else(|e| panic!("{source}: {e:?}")).eval(&scope)
}

fn eval(source: &str) -> Option<Value> {
    eval_in(source, &vars()).unwrap_or_else(|e| panic!("{source}: {e:?}"))
}

fn code(source: &str) -> &'static str {
    Expression::compile(source, Roots::FLOW).expect_err(source).code
}

#[test]
fn values_keep_their_type() {
    for (source, value) in [
        ("vars.big", json!(9_007_199_254_740_993_i64)),
        ("vars.big + 0", json!(9_007_199_254_740_993_i64)),
        ("vars.max", json!(u64::MAX)),
        ("[vars.max][0]", json!(u64::MAX)),
        ("vars.o", json!({ "b": 1, "a": [10, { "k v": "deep" }] })),
        ("[vars.o][0]", json!({ "b": 1, "a": [10, { "k v": "deep" }] })),
        ("vars.o.a[1]['k v']", json!("deep")),
        ("vars.o.a.1[\"k v\"]", json!("deep")),
        ("vars.o.a[-1]['k' ~ ' v']", json!("deep")),
        ("vars.list[-1]", json!(2)),
        ("vars.list[1:]", json!([1, 2])),
        ("vars.list[:-1]", json!([3, 1])),
        ("vars.s[:3]", json!("Ann")),
        ("{'a': vars.n, 'b': [vars.f, none]}", json!({ "a": 7, "b": [2.5, null] })),
        ("-vars.n", json!(-7)),
        ("-5", json!(-5)),
        ("vars.null", Value::Null),
        ("'a\\nb'", json!("a\nb")),
        ("12345678901234567", json!(12_345_678_901_234_567_i64)),
    ] {
        assert_eq!(eval(source), Some(value), "{source}");
    }
}

#[test]
fn operators_work_as_in_minijinja() {
    for (source, value) in [
        ("1 + 2 * 3 - 4 // 3", json!(6)),
        ("2 ** 10 * 2", json!(2048)),
        ("2 * 3 ** 2", json!(18)),
        ("7 % 4 / 2", json!(1.5)),
        ("vars.s ~ '/' ~ vars.n * 2 ~ vars.none ~ vars.list", json!("Ann Lee/14[3,1,2]")),
        ("'a' + 'b'", json!("ab")),
        ("vars.n > 3 and not vars.empty", json!(true)),
        ("vars.none or 'x'", json!("x")),
        ("'a' if vars.n == 7 else 'b'", json!("a")),
        ("1 < 2 < 3", json!(true)),
        ("2 in vars.list and 9 not in vars.list", json!(true)),
        ("'Ann' in vars.s", json!(true)),
        ("vars.n is odd and vars.n is not divisibleby 2", json!(true)),
        ("vars.n is defined and vars.none is undefined", json!(true)),
        ("vars.null is none and vars.null is defined", json!(true)),
        ("vars.s is startingwith 'Ann' and vars.s is containing('n L')", json!(true)),
        ("vars.o is mapping and vars.list is sequence and vars.list is iterable", json!(true)),
        ("vars.n is number and vars.n is integer and vars.f is float", json!(true)),
        ("vars.n is in [1, 7]", json!(true)),
    ] {
        assert_eq!(eval(source), Some(value), "{source}");
    }
}

#[test]
fn filters_work() {
    for (source, value) in [
        ("vars.s | upper | lower | title", json!("Ann Lee")),
        ("' x ' | trim", json!("x")),
        ("vars.s | replace('n', 'mm')", json!("Ammmm Lee")),
        ("vars.s | split | last", json!("Lee")),
        ("'a,b,c' | split(',', 1)", json!(["a", "b,c"])),
        ("vars.list | sort | join(', ')", json!("1, 2, 3")),
        ("vars.list | sort(reverse=true)", json!([3, 2, 1])),
        ("vars.words | sort", json!(["A", "b", "c"])),
        ("vars.list | length + vars.none | length", json!(3)),
        ("vars.list | sum / vars.list | max", json!(2.0)),
        ("vars.list | min", json!(1)),
        ("[1, 1, 2] | unique", json!([1, 2])),
        ("vars.rows | map(attribute='name', default='?') | join", json!("x?z")),
        ("vars.words | map('upper') | list", json!(["B", "A", "C"])),
        ("vars.rows | selectattr('ok') | map(attribute='id')", json!([1])),
        ("vars.rows | rejectattr('id', 'gt', 1) | map(attribute='id')", json!([1])),
        ("[1, 2, 3, 4] | select('even') | list", json!([2, 4])),
        ("vars.rows | sum(attribute='id')", json!(6)),
        ("vars.o | dictsort | first | last", json!([10, { "k v": "deep" }])),
        ("vars.o | items | first", json!(["b", 1])),
        ("vars.o | keys", json!(["b", "a"])),
        ("vars.o | values | length", json!(2)),
        ("vars.o | tojson", json!("{\"b\":1,\"a\":[10,{\"k v\":\"deep\"}]}")),
        ("'</x>&' | tojson", json!("\"</x>&\"")),
        ("'a b&' | urlencode", json!("a%20b%26")),
        ("' 42 ' | int + '1.5' | float", json!(43.5)),
        ("'x' | int(3)", json!(3)),
        ("2.567 | round(2)", json!(2.57)),
        ("-3 | abs", json!(3)),
        ("vars.list | reverse | first", json!(2)),
        ("vars.null | default('d')", json!("d")),
        ("vars.none | d(vars.n)", json!(7)),
        ("vars.empty | default('e')", json!("")),
        ("vars.empty | default('e', true)", json!("e")),
        ("vars.n | string ~ true | string", json!("7true")),
        ("vars.o.a | string", json!("[10,{\"k v\":\"deep\"}]")),
        ("'ß' | upper | capitalize", json!("Ss")),
    ] {
        assert_eq!(eval(source), Some(value), "{source}");
    }
}

#[test]
fn look_ups_on_missing_are_missing() {
    for source in [
        "vars.none",
        "vars.none.a[0].b",
        "vars.s.x",
        "vars.n[0]",
        "event.x",
        "vars.none | upper",
        "vars.list[9]",
        "vars.list[-9]",
        "(vars.none).x",
        "vars.none | int",
        "vars.null | trim",
    ] {
        assert_eq!(eval(source), None, "{source}");
    }
}

#[test]
fn truth_is_the_same_on_both_ways() {
    let vars = vars();
    let scope = Scope { vars: Some(&vars), ..Scope::default() };
    for (path, truth) in
        [("n", true), ("empty", false), ("null", false), ("none", false), ("list", true), ("yes", true)]
    {
        for source in
            [format!("vars.{path}"), format!("vars.{path} or false"), format!("not not vars.{path}")]
        {
            let held = Expression::compile(&source, Roots::FLOW).unwrap().holds(&scope).unwrap();
            assert_eq!(held, truth, "{source}");
        }
    }
}

#[test]
fn what_is_refused_has_its_code_and_place() {
    for (source, expected) in [
        ("", "template-syntax"),
        ("vars.", "template-syntax"),
        ("vars.a b", "template-syntax"),
        ("vars.a = 1", "template-syntax"),
        ("vars.list[::2]", "template-syntax"),
        ("vars.a | join(*vars.b)", "template-syntax"),
        ("vars.a | join(**vars.b)", "template-syntax"),
        ("vars.a | default", "template-syntax"),
        ("var.a", "unknown-root"),
        ("customer_name", "unknown-root"),
        ("_tank", "unknown-root"),
        ("r0", "unknown-root"),
        ("loop.index", "unknown-root"),
        ("vars.a | uper", "unknown-filter"),
        ("vars.a | _number", "unknown-filter"),
        ("vars.a | safe", "unknown-filter"),
        ("vars.a is emtpy", "unknown-test"),
        ("range(10)", "unknown-root"),
        ("vars.a.upper()", "function-call"),
        ("[1](2)", "function-call"),
    ] {
        assert_eq!(code(source), expected, "{source}");
    }
    let error = Expression::compile("1 + var.name", Roots::FLOW).unwrap_err();
    assert_eq!((error.range, error.fix.as_str()), (4..7, "Did you mean `vars`?"));
    assert!(Expression::compile("vars.a | uper", Roots::FLOW).unwrap_err().fix.contains("`upper`"));
    assert_eq!(code(&format!("1{}", " + 1".repeat(33))), "expression-too-complex");
    assert_eq!(code(&format!("{}1{}", "(".repeat(40), ")".repeat(40))), "expression-too-complex");
    assert_eq!(code(&"-".repeat(1000)), "expression-too-complex");
    assert_eq!(code(&"[".repeat(1000)), "expression-too-complex");
    assert_eq!(code(&"x".repeat(1025)), "expression-too-long");
    assert!(Expression::compile(&format!("{}1{}", "(".repeat(20), ")".repeat(20)), Roots::FLOW).is_ok());
}

#[test]
fn what_cannot_be_worked_out_is_told() {
    for (source, expected) in [
        ("'a' * 3", "template-failed"),
        ("3 * 'a'", "template-failed"),
        ("2 * vars.list", "template-failed"),
        ("2 * ('a' ~ 'b')", "template-failed"),
        ("2 * vars.s | upper", "template-failed"),
        ("vars.s | upper * 2", "template-failed"),
        ("2 * 3 * vars.s", "template-failed"),
        ("vars.s / 2", "template-failed"),
        ("1 / 0", "template-failed"),
        ("vars.s | sum", "template-failed"),
        ("vars.words | sum", "template-failed"),
        ("vars.rows | sort(attribute='a,b')", "template-failed"),
        ("vars.s | sort", "template-failed"),
        ("vars.words | map('_text')", "template-failed"),
        ("vars.words | select('nope')", "template-failed"),
        ("'x' | int", "template-failed"),
        ("2 ** 100", "number-out-of-range"),
        ("vars.max + 1", "number-out-of-range"),
        ("1e308 * 10", "number-out-of-range"),
    ] {
        assert_eq!(eval_in(source, &vars()).expect_err(source).code, expected, "{source}");
    }
}

#[test]
fn reads_are_static_paths() {
    let expression =
        Expression::compile("vars.a.b ~ event['x y'][0] ~ vars.l[vars.i].z", Roots::FLOW).unwrap();
    let reads: Vec<String> = expression.reads().iter().map(ToString::to_string).collect();
    assert_eq!(reads, ["vars.a.b", "event[\"x y\"][0]", "vars.l", "vars.i"]);
    assert!(!expression.is_guarded());
    assert!(Expression::compile("vars.a | default('')", Roots::FLOW).unwrap().is_guarded());
}

#[test]
fn what_one_evaluation_makes_is_bounded() {
    let big = json!({ "s": "a".repeat(1 << 20), "l": vec![1; 30_000], "m": vec![json!(null); 20_000] });
    for source in [
        "vars.s ~ vars.s",
        "vars.s | replace('a', 'bbbbbbbbbb')",
        "vars.s | replace('', 'bbbbbbbbbb')",
        "vars.s | upper | lower",
        "vars.s | list",
        "vars.s | split('a')",
        "vars.l | join('0123456789012345678901234567890123456789')",
        "vars.m | map(attribute='x', default=vars.l)",
        "vars.l | select('in', vars.l)",
        "[vars.l, vars.l]",
        "vars.s[1:] ~ vars.s[1:]",
    ] {
        assert_eq!(eval_in(source, &big).expect_err(source).code, "template-too-costly", "{source}");
    }
    for source in [
        "vars.s | length",
        "vars.s | upper | length",
        "vars.s == 'a'",
        "vars.l | length",
        "vars.s[1:] | length",
    ] {
        assert!(eval_in(source, &big).is_ok(), "{source}");
    }
    assert_eq!(eval_in("vars.s", &big).unwrap().unwrap(), big["s"]);
}
