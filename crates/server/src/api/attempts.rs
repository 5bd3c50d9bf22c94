//! How often logins may be tried: for each name and for each address, whoever else tries.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Tries for one name: so many at once, then one in each pause.
const NAME: Rate = Rate { at_once: 10, pause: SignedDuration::from_secs(30) };
/// Tries from one address, behind which may be an office.
const ADDRESS: Rate = Rate { at_once: 30, pause: SignedDuration::from_secs(5) };
/// Names and addresses that are remembered; beyond them those whose time is over are forgotten.
const REMEMBERED_MAX: usize = 20_000;

#[derive(Clone, Copy, Debug)]
struct Rate {
    at_once: i32,
    pause: SignedDuration,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Org and e-mail address.
    Name(String, String),
    Address(IpAddr),
}

/// What was tried lately.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<Key, Timestamp>>);

impl Attempts {
    /// Counts a try, or says how long to wait before the next.
    pub fn take(
        &self,
        org: &str,
        email: &str,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), SignedDuration> {
        if let Some(address) = address {
            self.count(Key::Address(network(address)), ADDRESS, now)?;
        }
        self.count(name(org, email), NAME, now)
    }

    /// A login that succeeded: whoever mistyped a few times begins anew.
    pub fn forget(&self, org: &str, email: &str) {
        self.map().remove(&name(org, email));
    }

    /// Each key has the time at which all its tries would be there again.
    fn count(&self, key: Key, rate: Rate, now: Timestamp) -> Result<(), SignedDuration> {
        let mut map = self.map();
        if map.len() >= REMEMBERED_MAX && !map.contains_key(&key) {
            map.retain(|_, full| *full > now);
            if map.len() >= REMEMBERED_MAX {
                // So many at once is no one's typing; the hashes themselves are still few at once.
                map.clear();
            }
        }
        let full = map.get(&key).copied().unwrap_or(now).max(now);
        let wait = now.duration_until(full) - rate.pause * (rate.at_once - 1);
        if wait > SignedDuration::ZERO {
            return Err(wait);
        }
        map.insert(key, full.saturating_add(rate.pause).unwrap_or(full));
        Ok(())
    }

    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn name(org: &str, email: &str) -> Key {
    Key::Name(org.to_owned(), email.to_owned())
}

/// Whoever has one IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_name_has_some_tries_and_then_one_in_each_pause() {
        let attempts = Attempts::default();
        let take = |email: &str, second| attempts.take("default", email, None, at(second));
        for _ in 0..10 {
            assert_eq!(take("a@b", 0), Ok(()));
        }
        assert_eq!(take("a@b", 0), Err(SignedDuration::from_secs(30)));
        assert_eq!(take("a@b", 29), Err(SignedDuration::from_secs(1)));
        assert_eq!(take("c@b", 0), Ok(()), "another name is another's");
        assert_eq!(attempts.take("other", "a@b", None, at(0)), Ok(()));
        assert_eq!(take("a@b", 30), Ok(()));
        assert!(take("a@b", 30).is_err());
        attempts.forget("default", "a@b");
        assert_eq!(take("a@b", 30), Ok(()));
    }

    #[test]
    fn an_address_is_counted_over_all_names() {
        let attempts = Attempts::default();
        for number in 0..30_u16 {
            let address = Some([0xfd00, 0, 0, 1, 0, 0, 0, number].into());
            assert_eq!(attempts.take("default", &format!("{number}@b"), address, at(0)), Ok(()));
        }
        let same = Some([0xfd00, 0, 0, 1, 9, 9, 9, 9].into());
        assert_eq!(attempts.take("default", "x@b", same, at(0)), Err(SignedDuration::from_secs(5)));
        let other = Some([0xfd00, 0, 0, 2, 9, 9, 9, 9].into());
        assert_eq!(attempts.take("default", "x@b", other, at(0)), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let attempts = Attempts::default();
        for number in 0..=REMEMBERED_MAX {
            attempts.take("default", &number.to_string(), None, at(number as i64)).unwrap();
        }
        assert!(attempts.map().len() < 100);
    }
}
