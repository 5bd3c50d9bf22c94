//! The one retry layer: whether a call is sent again, and when.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::node::api_call::draft::RetryDraft;
use crate::outcome_key::{OutcomeKey, OutcomeMatch, outcome_key_problem};
use crate::problem::{FieldPath, Problem};
use crate::step::Sent;

/// The first backoff's ceiling; it doubles with each attempt.
pub const BACKOFF_BASE_MS: u64 = 250;
/// The largest ceiling a backoff grows to.
pub const BACKOFF_MAX_MS: u64 = 30_000;
/// `withinMs` where the author gives none.
pub const WITHIN_MS_DEFAULT: u64 = 120_000;
/// The most that `withinMs` may be: 24 hours.
pub const WITHIN_MS_MAX: u64 = 86_400_000;

/// A call's `retry`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    pub attempts_max: u32,
    pub within: SignedDuration,
    pub on: Vec<OutcomeMatch>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        use OutcomeKey::{Network, Status, Timeout};
        let on = [Status(429), Status(502), Status(503), Status(504), Network, Timeout];
        Self {
            attempts_max: 1,
            within: SignedDuration::from_millis(WITHIN_MS_DEFAULT.cast_signed()),
            on: on.map(OutcomeMatch::One).to_vec(),
        }
    }
}

/// What the decision needs to know of the attempt that just ended.
#[derive(Clone, Copy, Debug)]
pub struct AttemptEnd<'a> {
    /// From 1.
    pub number: u32,
    pub outcome: OutcomeKey,
    pub sent: Sent,
    /// A redirect was followed: the answer is to another request than the one that would be sent again.
    pub redirected: bool,
    /// The value of the answer's `Retry-After`, as it came.
    pub retry_after: Option<&'a str>,
    /// Our own limits let no call go before this time.
    pub not_before: Option<Timestamp>,
    /// When the first attempt began.
    pub first_started_at: Timestamp,
    pub now: Timestamp,
    /// Spreads the waits of many runs: the same run, step and attempt give the same wait.
    pub seed: &'a str,
}

impl RetryPolicy {
    pub fn compile(draft: Option<&RetryDraft>, at: &FieldPath, problems: &mut Vec<Problem>) -> Self {
        let mut policy = Self::default();
        let Some(draft) = draft else { return policy };
        policy.attempts_max = draft.max_attempts.unwrap_or(1).max(1);
        let within = draft.within_ms.unwrap_or(WITHIN_MS_DEFAULT).min(WITHIN_MS_MAX);
        policy.within = SignedDuration::from_millis(within.cast_signed());
        if let Some(on) = &draft.on {
            policy.on.clear();
            for (index, text) in on.0.iter().enumerate() {
                match OutcomeMatch::parse(text) {
                    Ok(key) => policy.on.push(key),
                    Err(near) => {
                        problems.push(outcome_key_problem(at.key("on").index(index), text, near.as_deref()));
                    }
                }
            }
        }
        policy
    }

    /// When to send again, or `None` where the outcome stands.
    pub fn next_attempt(&self, end: &AttemptEnd<'_>, resend_safe: bool) -> Option<Timestamp> {
        if end.number >= self.attempts_max
            || !self.retries(end.outcome)
            || !may_send_again(end.outcome, end.sent, resend_safe)
            // Behind a redirect it was not the call itself that was put off, only what it led to.
            || (end.redirected && !resend_safe)
        {
            return None;
        }
        let wait = match end.retry_after.and_then(|text| parse_retry_after(text, end.now)) {
            Some(wait) => wait,
            None => backoff(end),
        };
        // Many are held back by one limit: the backoff spreads them behind it.
        let from = end.not_before.map_or(end.now, |at| at.max(end.now));
        let at = from.checked_add(wait).ok()?;
        let deadline = end.first_started_at.checked_add(self.within).ok()?;
        (at < deadline).then_some(at)
    }

    /// Whether `on` names the outcome. Being held back because the API asked for it is what 429 stands for.
    fn retries(&self, outcome: OutcomeKey) -> bool {
        let named = |outcome| self.on.iter().any(|key| key.matches(outcome));
        named(outcome) || (outcome == OutcomeKey::RateLimited && named(OutcomeKey::Status(429)))
    }

    /// What is left of `withinMs` for an attempt that begins now.
    pub fn time_left(&self, first_started_at: Timestamp, now: Timestamp) -> SignedDuration {
        self.within.saturating_sub(now.duration_since(first_started_at))
    }
}

/// The rule of delivery: never a silent second write.
///
/// A call that is safe to send twice may be sent again after any outcome but a refusal; any other only when it
/// was not sent, or was answered 429 or 503.
pub fn may_send_again(outcome: OutcomeKey, sent: Sent, resend_safe: bool) -> bool {
    match outcome {
        OutcomeKey::Blocked | OutcomeKey::Invalid => false,
        OutcomeKey::Status(429 | 503) => true,
        _ => resend_safe || sent == Sent::No,
    }
}

/// Exponential backoff: full jitter, or half jitter for 429 and 503, where a wait near zero would add to the load.
fn backoff(end: &AttemptEnd<'_>) -> SignedDuration {
    let doublings = (end.number - 1).min(16);
    let ceiling = (BACKOFF_BASE_MS << doublings).min(BACKOFF_MAX_MS);
    let drawn = draw(end.seed, end.number, ceiling);
    let wait = match end.outcome {
        OutcomeKey::Status(429 | 503) => ceiling / 2 + drawn / 2,
        _ => drawn,
    };
    SignedDuration::from_millis(wait.cast_signed())
}

/// A number from 0 to `ceiling`, the same for the same seed and attempt.
fn draw(seed: &str, attempt: u32, ceiling: u64) -> u64 {
    let digest = Sha256::new().chain_update(seed).chain_update(attempt.to_be_bytes()).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first) % (ceiling + 1)
}

/// Reads `Retry-After`: seconds or an HTTP date. Anything else is as if it were not there.
pub fn parse_retry_after(text: &str, now: Timestamp) -> Option<SignedDuration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // Digits beyond 64 bits mean "longer than anyone waits".
        let seconds = text.parse::<u64>().ok().and_then(|s| i64::try_from(s).ok()).unwrap_or(i64::MAX);
        return Some(SignedDuration::from_secs(seconds));
    }
    // A date beyond what a timestamp holds means "longer than anyone waits" too.
    let date = Timestamp::try_from(httpdate::parse_http_date(text).ok()?).unwrap_or(Timestamp::MAX);
    Some(date.duration_since(now).max(SignedDuration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn end(number: u32, outcome: OutcomeKey, sent: Sent) -> AttemptEnd<'static> {
        AttemptEnd {
            number,
            outcome,
            sent,
            redirected: false,
            retry_after: None,
            not_before: None,
            first_started_at: at(0),
            now: at(1),
            seed: "run_1/3",
        }
    }

    fn policy(attempts_max: u32) -> RetryPolicy {
        RetryPolicy { attempts_max, ..RetryPolicy::default() }
    }

    #[test]
    fn an_unkeyed_write_is_sent_again_only_when_it_was_not_sent_or_was_put_off() {
        use OutcomeKey::{Network, Status, Timeout};
        for (outcome, sent, again) in [
            (Status(429), Sent::Yes, true),
            (Status(503), Sent::Yes, true),
            (Status(502), Sent::Yes, false),
            (Status(504), Sent::Yes, false),
            (Network, Sent::Maybe, false),
            (Network, Sent::No, true),
            (Timeout, Sent::Maybe, false),
            (Timeout, Sent::No, true),
        ] {
            let next = policy(3).next_attempt(&end(1, outcome, sent), false);
            assert_eq!(next.is_some(), again, "{outcome} {sent:?}");
            assert!(policy(3).next_attempt(&end(1, outcome, sent), true).is_some());
        }
    }

    #[test]
    fn behind_a_redirect_a_write_was_not_put_off() {
        for outcome in [OutcomeKey::Status(429), OutcomeKey::Status(503)] {
            let end = AttemptEnd { redirected: true, ..end(1, outcome, Sent::Yes) };
            assert_eq!(policy(3).next_attempt(&end, false), None);
            assert!(policy(3).next_attempt(&end, true).is_some());
        }
    }

    #[test]
    fn a_refusal_is_never_retried() {
        let policy = RetryPolicy { on: vec![OutcomeMatch::Other], ..policy(5) };
        for outcome in [OutcomeKey::Blocked, OutcomeKey::Invalid] {
            assert_eq!(policy.next_attempt(&end(1, outcome, Sent::No), true), None);
        }
    }

    #[test]
    fn attempts_end() {
        assert!(policy(3).next_attempt(&end(2, OutcomeKey::Timeout, Sent::No), true).is_some());
        assert_eq!(policy(3).next_attempt(&end(3, OutcomeKey::Timeout, Sent::No), true), None);
        assert_eq!(policy(3).next_attempt(&end(1, OutcomeKey::Status(500), Sent::Yes), true), None);
    }

    #[test]
    fn retry_after_is_honoured_within_the_whole_time_and_not_beyond() {
        let told = |text: &'static str| {
            let mut end = end(1, OutcomeKey::Status(503), Sent::Yes);
            end.retry_after = Some(text);
            policy(3).next_attempt(&end, true)
        };
        assert_eq!(told("7"), Some(at(8)));
        assert_eq!(told("0"), Some(at(1)));
        let date = httpdate::fmt_http_date(at(30).into());
        assert_eq!(told(Box::leak(date.into_boxed_str())), Some(at(30)));
        assert_eq!(told("600"), None);
        assert_eq!(told("99999999999999999999999999"), None);
        assert_eq!(told("Fri, 31 Dec 9999 23:59:59 GMT"), None);
        for nonsense in ["-5", "NaN", "soon", "1e3", "", "Thu, 99 Foo 2020 00:00:00 GMT"] {
            let next = told(nonsense);
            assert!(next.is_some_and(|next| next <= at(3)), "{nonsense}");
        }
    }

    #[test]
    fn jitter_is_full_for_faults_and_half_for_429_and_503() {
        for number in 1..20 {
            let ceiling = (BACKOFF_BASE_MS << (number - 1).min(16)).min(BACKOFF_MAX_MS);
            let fault = backoff(&end(number, OutcomeKey::Network, Sent::No)).as_millis();
            let busy = backoff(&end(number, OutcomeKey::Status(429), Sent::Yes)).as_millis();
            assert!((0..=i128::from(ceiling)).contains(&fault));
            assert!((i128::from(ceiling / 2)..=i128::from(ceiling)).contains(&busy));
        }
        let same = || backoff(&end(4, OutcomeKey::Network, Sent::No));
        assert_eq!(same(), same());
    }

    #[test]
    fn an_attempt_gets_what_is_left_of_the_whole_time() {
        assert_eq!(policy(2).time_left(at(0), at(100)), SignedDuration::from_secs(20));
        assert!(policy(2).time_left(at(0), at(200)).is_negative());
    }
}
