//! The names of outcomes: what a case's `on`, a `retry.on` and a record say.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::problem::{FieldPath, Problem};

/// How a call ended, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeKey {
    Status(u16),
    Timeout,
    MaxConnection,
    Network,
    Blocked,
    Invalid,
    Response,
    RateLimited,
    CircuitOpen,
    Unknown,
}

impl OutcomeKey {
    /// A usable 2xx.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status(200..=299))
    }

    fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Status(_) => return None,
            Self::Timeout => "timeout",
            Self::MaxConnection => "max-connection",
            Self::Network => "network",
            Self::Blocked => "blocked",
            Self::Invalid => "invalid",
            Self::Response => "response",
            Self::RateLimited => "rate-limited",
            Self::CircuitOpen => "circuit-open",
            Self::Unknown => "unknown",
        })
    }
}

impl std::fmt::Display for OutcomeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self, self.word()) {
            (Self::Status(status), _) => write!(f, "{status}"),
            (_, word) => f.write_str(word.unwrap_or_default()),
        }
    }
}

impl Serialize for OutcomeKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OutcomeKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        match OutcomeMatch::parse(&text) {
            Ok(OutcomeMatch::One(key)) => Ok(key),
            _ => Err(serde::de::Error::custom(format!("`{text}` is not an outcome"))),
        }
    }
}

/// What a case's `on` may name: one outcome or a group of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutcomeMatch {
    One(OutcomeKey),
    /// `2xx` to `5xx`, by its first digit.
    Class(u8),
    /// A usable 2xx.
    Success,
    /// Everything else.
    Failed,
    /// Any outcome without a usable answer, but `timeout`, `max-connection` and `unknown`.
    Error,
    /// Everything; tried last wherever it stands.
    Other,
}

/// The words that `on` takes, statuses apart; in the order they are explained.
pub const OUTCOME_WORDS: [&str; 17] = [
    "2xx",
    "3xx",
    "4xx",
    "5xx",
    "timeout",
    "max-connection",
    "network",
    "blocked",
    "invalid",
    "response",
    "rate-limited",
    "circuit-open",
    "unknown",
    "success",
    "failed",
    "error",
    "other",
];

impl OutcomeMatch {
    /// Reads a key in its one right spelling. The error is the nearest right spelling, if one is near.
    pub fn parse(text: &str) -> Result<Self, Option<String>> {
        use OutcomeKey::{
            Blocked, CircuitOpen, Invalid, MaxConnection, Network, RateLimited, Response, Timeout, Unknown,
        };
        if let Ok(status) = text.parse::<u16>()
            && (200..=599).contains(&status)
            && text.len() == 3
        {
            return Ok(Self::One(OutcomeKey::Status(status)));
        }
        Ok(match text {
            "2xx" => Self::Class(2),
            "3xx" => Self::Class(3),
            "4xx" => Self::Class(4),
            "5xx" => Self::Class(5),
            "timeout" => Self::One(Timeout),
            "max-connection" => Self::One(MaxConnection),
            "network" => Self::One(Network),
            "blocked" => Self::One(Blocked),
            "invalid" => Self::One(Invalid),
            "response" => Self::One(Response),
            "rate-limited" => Self::One(RateLimited),
            "circuit-open" => Self::One(CircuitOpen),
            "unknown" => Self::One(Unknown),
            "success" => Self::Success,
            "failed" => Self::Failed,
            "error" => Self::Error,
            "other" => Self::Other,
            _ => return Err(nearest(text)),
        })
    }

    pub fn matches(self, key: OutcomeKey) -> bool {
        match self {
            Self::One(one) => one == key,
            Self::Class(class) => {
                matches!(key, OutcomeKey::Status(status) if status / 100 == u16::from(class))
            }
            Self::Success => key.is_success(),
            Self::Failed => !key.is_success(),
            Self::Error => !matches!(
                key,
                OutcomeKey::Status(_) | OutcomeKey::Timeout | OutcomeKey::MaxConnection | OutcomeKey::Unknown
            ),
            Self::Other => true,
        }
    }
}

impl std::fmt::Display for OutcomeMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(key) => write!(f, "{key}"),
            Self::Class(class) => write!(f, "{class}xx"),
            Self::Success => f.write_str("success"),
            Self::Failed => f.write_str("failed"),
            Self::Error => f.write_str("error"),
            Self::Other => f.write_str("other"),
        }
    }
}

/// The right spelling of what was probably meant: case, separators and the field's other words for it.
fn nearest(text: &str) -> Option<String> {
    let plain: String =
        text.to_ascii_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '*').collect();
    let known = |word: &&&str| word.replace('-', "") == plain;
    if let Some(word) = OUTCOME_WORDS.iter().find(known) {
        return Some((*word).to_owned());
    }
    let meant = match plain.as_str() {
        "2**" | "20x" => "2xx",
        "3**" => "3xx",
        "4**" => "4xx",
        "5**" => "5xx",
        "ok" => "success",
        "fail" | "failure" => "failed",
        "timedout" | "408timeout" => "timeout",
        "maxconnections" | "poolexhausted" | "connectionlimit" => "max-connection",
        "default" | "else" | "any" | "all" | "*" | "otherwise" => "other",
        "ratelimit" => "rate-limited",
        "circuitbreaker" => "circuit-open",
        _ => return crate::nearest::nearest(text, OUTCOME_WORDS).map(str::to_owned),
    };
    Some(meant.to_owned())
}

/// What to say of a word that is no outcome.
pub(crate) fn outcome_key_problem(at: FieldPath, text: &str, near: Option<&str>) -> Problem {
    let fix = match near {
        Some(near) => format!("Write `{near}`."),
        None => {
            format!("Write a status such as 404, or one of {}.", OUTCOME_WORDS.join(", "))
        }
    };
    Problem::error("outcome-key", at, format!("`{text}` is not an outcome"), fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_and_prints_as_itself() {
        for word in OUTCOME_WORDS.iter().copied().chain(["200", "404", "599"]) {
            assert_eq!(OutcomeMatch::parse(word).map(|m| m.to_string()), Ok(word.to_owned()));
        }
    }

    #[test]
    fn another_spelling_names_the_right_one() {
        for (wrong, right) in [
            ("2XX", Some("2xx")),
            ("Timeout", Some("timeout")),
            ("max_connection", Some("max-connection")),
            ("maxConnection", Some("max-connection")),
            ("5**", Some("5xx")),
            ("ok", Some("success")),
            ("netwrok", Some("network")),
            ("default", Some("other")),
            ("teapot", None),
            ("99", None),
            ("600", None),
            ("0404", None),
            ("1xx", Some("2xx")),
        ] {
            assert_eq!(OutcomeMatch::parse(wrong), Err(right.map(str::to_owned)), "{wrong}");
        }
    }

    #[test]
    fn groups_hold_what_the_table_says() {
        use OutcomeKey as K;
        let all = [
            K::Status(204),
            K::Status(404),
            K::Timeout,
            K::MaxConnection,
            K::Network,
            K::Blocked,
            K::Invalid,
            K::Response,
            K::RateLimited,
            K::CircuitOpen,
            K::Unknown,
        ];
        let held = |m: OutcomeMatch| all.map(|key| m.matches(key));
        let error = [false, false, false, false, true, true, true, true, true, true, false];
        assert_eq!(held(OutcomeMatch::Error), error);
        assert!(held(OutcomeMatch::Other).iter().all(|held| *held));
        assert_eq!(held(OutcomeMatch::Success)[..2], [true, false]);
        assert!(held(OutcomeMatch::Failed)[1..].iter().all(|held| *held));
        assert!(!OutcomeMatch::Class(2).matches(K::Response));
    }
}
