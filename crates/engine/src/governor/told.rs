//! What an answer says of when its API may be called again: `Retry-After`, `RateLimit` and `X-RateLimit-*`.

use callout_flow::outcome::Answer;
use callout_flow::retry::parse_retry_after;
use jiff::{SignedDuration, Timestamp};

/// Numbers from here on are seconds since 1970, not seconds from now; from a thousand times that on, milliseconds.
const EPOCH_SECONDS_FROM: f64 = 1e9;

/// Remaining and reset, in the spellings of the field. Names are in lower case.
const PAIRS: [(&str, &str); 4] = [
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset-after"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
];

/// Until when the API asks for no further call; nonsense is as if it were not there.
pub(super) fn held_until(answer: &Answer, now: Timestamp) -> Option<Timestamp> {
    let put_off = matches!(answer.status, 429 | 503);
    let retry_after = answer.header("retry-after").filter(|_| put_off);
    let waits = [
        retry_after.and_then(|text| parse_retry_after(text, now)),
        answer.header("ratelimit").and_then(structured),
        PAIRS.iter().find_map(|(remaining, reset)| pair(answer, remaining, reset, now)),
    ];
    let wait = waits.into_iter().flatten().max()?;
    if wait <= SignedDuration::ZERO {
        return None;
    }
    Some(now.checked_add(wait).unwrap_or(Timestamp::MAX))
}

fn pair(answer: &Answer, remaining: &str, reset: &str, now: Timestamp) -> Option<SignedDuration> {
    // A 429 says by itself that nothing is left.
    match answer.header(remaining) {
        Some(left) if number(left)? >= 1.0 => return None,
        None if answer.status != 429 => return None,
        _ => {}
    }
    let reset = number(answer.header(reset)?)?;
    let at = |reset: f64| SignedDuration::try_from_secs_f64(reset).ok();
    let since_epoch = || SignedDuration::from_millis(now.as_millisecond());
    if reset >= EPOCH_SECONDS_FROM * 1000.0 {
        return at(reset / 1000.0)?.checked_sub(since_epoch());
    }
    if reset >= EPOCH_SECONDS_FROM { at(reset)?.checked_sub(since_epoch()) } else { at(reset) }
}

/// `"default";r=0;t=30`, or as older drafts had it `limit=10, remaining=0, reset=30`. Of several limits, the one that
/// is used up for longest.
fn structured(text: &str) -> Option<SignedDuration> {
    let member = |item: &str, wanted: [&str; 2]| {
        item.split([';', ','])
            .filter_map(|part| part.split_once('='))
            .find_map(|(name, value)| wanted.contains(&name.trim()).then(|| number(value)).flatten())
    };
    let used_up = |item: &str| {
        let (left, reset) = (member(item, ["r", "remaining"])?, member(item, ["t", "reset"])?);
        if left < 1.0 { SignedDuration::try_from_secs_f64(reset).ok() } else { None }
    };
    if text.contains("remaining") { used_up(text) } else { text.split(',').filter_map(used_up).max() }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}
