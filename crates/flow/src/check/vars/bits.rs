//! Sets of variables, small enough to have two for each node.

/// A set of variables by their position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    pub(super) fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    pub(super) fn put(&mut self, index: usize, on: bool) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word = if on { *word | 1 << (index % 64) } else { *word & !(1 << (index % 64)) };
        }
    }

    /// Whether anything changed.
    pub(super) fn merge(&mut self, other: &Self, join: impl Fn(u64, u64) -> u64) -> bool {
        let mut changed = false;
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            let joined = join(*word, *other);
            changed |= joined != *word;
            *word = joined;
        }
        changed
    }
}
