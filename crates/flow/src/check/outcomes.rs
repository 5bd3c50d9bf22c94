//! Sets of outcomes, and their names.

use crate::outcome_key::{OutcomeKey, OutcomeMatch};

/// The statuses that an answer may have.
const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;

/// The outcomes that are no status, in the order of spec 5.
const OTHERS: [OutcomeKey; 9] = [
    OutcomeKey::Timeout,
    OutcomeKey::MaxConnection,
    OutcomeKey::Network,
    OutcomeKey::Blocked,
    OutcomeKey::Invalid,
    OutcomeKey::Response,
    OutcomeKey::RateLimited,
    OutcomeKey::CircuitOpen,
    OutcomeKey::Unknown,
];

const COUNT: usize = 400 + OTHERS.len();
const WORDS: usize = COUNT.div_ceil(64);

/// A set of outcomes, as bits: first the statuses, then the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutcomeSet([u64; WORDS]);

fn key_at(index: usize) -> Option<OutcomeKey> {
    match u16::try_from(index).ok().map(|index| index + STATUSES.start()).filter(|s| STATUSES.contains(s)) {
        Some(status) => Some(OutcomeKey::Status(status)),
        None => OTHERS.get(index.checked_sub(400)?).copied(),
    }
}

impl OutcomeSet {
    pub(super) fn none() -> Self {
        Self([0; WORDS])
    }

    fn of(wanted: impl Fn(OutcomeKey) -> bool) -> Self {
        let mut set = Self::none();
        for index in 0..COUNT {
            if key_at(index).is_some_and(&wanted) {
                set.0[index / 64] |= 1 << (index % 64);
            }
        }
        set
    }

    /// Everything that a call may end as.
    pub(super) fn of_call() -> Self {
        Self::of(|_| true)
    }

    /// A sub-flow completed or it did not.
    pub(super) fn of_sub_flow() -> Self {
        Self::of(|key| matches!(key, OutcomeKey::Status(200) | OutcomeKey::Unknown))
    }

    /// A node without outcomes: one stands for "it is done".
    pub(super) fn done() -> Self {
        Self::of(|key| key == OutcomeKey::Status(200))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = OutcomeKey> {
        (0..COUNT).filter(|index| self.0[index / 64] >> (index % 64) & 1 == 1).filter_map(key_at)
    }

    /// Those that a case's `on` names; all, where it names none.
    pub(super) fn named(&self, on: &[OutcomeMatch]) -> Self {
        self.filter(|key| on.is_empty() || on.iter().any(|word| word.matches(key)))
    }

    pub(super) fn filter(&self, keep: impl Fn(OutcomeKey) -> bool) -> Self {
        let mut set = *self;
        for index in 0..COUNT {
            if !key_at(index).is_some_and(&keep) {
                set.0[index / 64] &= !(1 << (index % 64));
            }
        }
        set
    }

    pub(super) fn without(&self, others: &Self) -> Self {
        let mut set = *self;
        set.0.iter_mut().zip(others.0).for_each(|(word, other)| *word &= !other);
        set
    }

    pub(super) fn with(&self, others: &Self) -> Self {
        let mut set = *self;
        set.0.iter_mut().zip(others.0).for_each(|(word, other)| *word |= other);
        set
    }

    pub(super) fn successes(&self) -> Self {
        self.filter(OutcomeKey::is_success)
    }

    pub(super) fn failures(&self) -> Self {
        self.filter(|key| !key.is_success())
    }

    /// In the words of `on`: whole classes as `4xx`, the rest by name; at most a few.
    pub(super) fn in_words(&self) -> String {
        let mut words = Vec::new();
        for class in 2..=5_u16 {
            let statuses: Vec<u16> = self
                .iter()
                .filter_map(|key| match key {
                    OutcomeKey::Status(status) if status / 100 == class => Some(status),
                    _ => None,
                })
                .collect();
            match statuses.len() {
                0 => {}
                100 => words.push(format!("{class}xx")),
                1..=STATUSES_LISTED_MAX => words.extend(statuses.iter().map(u16::to_string)),
                _ => words.push(format!("the other {class}xx")),
            }
        }
        words.extend(
            self.iter().filter(|key| !matches!(key, OutcomeKey::Status(_))).map(|key| key.to_string()),
        );
        words.join(", ")
    }
}

/// How many single statuses of a class a message lists.
const STATUSES_LISTED_MAX: usize = 5;
