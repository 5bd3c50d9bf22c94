//! Passwords: which may be, how they are kept, and how one that is shown is held against what is kept.

use anyhow::{Result, anyhow};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::token;

/// Memory for one hash, KiB; with two passes what OWASP's cheat sheet names first for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The fewest characters of a password.
pub const CHARS_MIN: usize = 12;
/// The most: nobody types more, and all of it is hashed.
pub const CHARS_MAX: usize = 256;

/// Hashes at once: each takes a core for some 25 ms, and its memory.
const AT_ONCE: usize = 2;
/// Those that wait for their turn; beyond them callers are told to come again.
const WAITING_MAX: usize = 32;

/// Of no password, and as costly to hold one against as any other.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Y2FsbG91dC1ub2JvZHk$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords off the threads that serve, few at once.
#[derive(Debug)]
pub struct Passwords {
    turns: Semaphore,
    places: Semaphore,
}

/// Too many callers wait for a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), places: Semaphore::new(AT_ONCE + WAITING_MAX) }
    }
}

impl Passwords {
    /// Whether this is the password of that hash; where there is none, nothing is, and that takes as long.
    pub async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, Crowded> {
        let work = move || {
            let fits = verify(&password, hash.as_deref().unwrap_or(NOBODYS));
            fits && hash.is_some()
        };
        self.in_turn(work).await
    }

    /// What is kept of a password.
    pub async fn hash(&self, password: String) -> Result<Result<String>, Crowded> {
        self.in_turn(move || hash(&password)).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crowded> {
        let _place = self.places.try_acquire().map_err(|_| Crowded)?;
        let _turn = self.turns.acquire().await.map_err(|_| Crowded)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Crowded)
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow!("argon2: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// What is kept of a password: its hash, with the salt and the parameters.
pub fn hash(password: &str) -> Result<String> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| anyhow!("argon2: {error}"))?.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &parsed).is_ok())
}

/// A password of 128 random bits and more, that only serves to set one's own.
pub fn one_time() -> Result<String> {
    /// Characters, of 62 kinds each.
    const CHARS: usize = 24;
    let mut text = token::random_digits()?;
    text.truncate(CHARS);
    Ok(text)
}

/// Why a text cannot be this member's password.
pub fn check(password: &str, email: &str) -> Result<(), String> {
    let chars = password.chars().count();
    if chars < CHARS_MIN {
        return Err(format!("the password has {chars} characters; at least {CHARS_MIN} are needed"));
    }
    if chars > CHARS_MAX {
        return Err(format!("the password has {chars} characters; at most {CHARS_MAX} are taken"));
    }
    let lower = password.to_lowercase();
    let name = email.split('@').next().unwrap_or_default();
    if lower == email || lower.trim_end_matches(|c: char| c.is_ascii_digit()) == name {
        return Err("the password is the e-mail address, which everyone can guess".to_owned());
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) {
        return Err("the password is one character over and over".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let kept = hash("correct horse battery").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, hash("correct horse battery").unwrap(), "each has its own salt");
        let passwords = Passwords::default();
        let matches =
            |text: &str, hash: Option<&str>| passwords.matches(text.to_owned(), hash.map(str::to_owned));
        assert_eq!(matches("correct horse battery", Some(&kept)).await, Ok(true));
        assert_eq!(matches("correct horse batterz", Some(&kept)).await, Ok(false));
        assert_eq!(matches("correct horse battery", Some("not a hash")).await, Ok(false));
        assert_eq!(matches("correct horse battery", None).await, Ok(false));
        assert!(PasswordHash::new(NOBODYS).is_ok(), "holding something against it must cost as much");
    }

    #[test]
    fn short_and_guessable_passwords_are_refused() {
        for (password, fits) in [
            ("elevenchars", false),
            ("twelve chars", true),
            ("zwölf zeiche", true),
            ("ann.example@example.com", false),
            ("Ann.Example@Example.com", false),
            ("ann.example123", false),
            ("aaaaaaaaaaaaaaaa", false),
            (&"x y".repeat(100), false),
        ] {
            assert_eq!(check(password, "ann.example@example.com").is_ok(), fits, "{password}");
        }
    }

    #[test]
    fn one_time_passwords_differ() {
        let (one, two) = (one_time().unwrap(), one_time().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.len(), 24);
        assert!(check(&one, "a@b").is_ok());
    }
}
