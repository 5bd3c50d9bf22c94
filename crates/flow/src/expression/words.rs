//! The filters and tests an expression may use, by name.

/// The filters. Each is ours or bounded by its wrapper in `filters.rs`.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "int",
    "items",
    "join",
    "keys",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "urlencode",
    "values",
];

/// The filters that `map` may apply by name, without arguments.
pub(super) const MAPPED: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "first",
    "float",
    "int",
    "last",
    "length",
    "lower",
    "round",
    "string",
    "title",
    "tojson",
    "trim",
    "upper",
    "urlencode",
];

/// The tests, for `is` and for `select` and its kin.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "containing",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// Words with a meaning of their own; none names a root.
pub(super) const KEYWORDS: &[&str] = &["and", "or", "not", "in", "is", "if", "else"];

/// The filters that are only ours: they stand between an operand and its operator.
pub(super) const NUMERIC_GUARD: &str = "_number";
pub(super) const SLICE_GUARD: &str = "_slice";
pub(super) const TEXT_GUARD: &str = "_text";
