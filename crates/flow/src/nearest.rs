//! The word that someone most likely meant.

/// How many words a message lists before it stops.
const LISTED_MAX: usize = 12;

/// The nearest of the known words, where one is near enough to be a slip: another case or separator, or about
/// one letter in three.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let wanted = folded(word);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| {
            *distance <= candidate.chars().count().max(wanted.len()).div_ceil(3).min(4)
        })
        .filter(|(distance, _)| *distance < wanted.chars().count().max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to do about an unknown word: the nearest known one, or all of them.
pub fn did_you_mean(word: &str, known: &[&str], what: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => {
            let listed: Vec<String> = known.iter().take(LISTED_MAX).map(|word| format!("`{word}`")).collect();
            let more = if known.len() > LISTED_MAX { ", …" } else { "" };
            let near =
                most_alike(word, known).map_or(String::new(), |near| format!("The nearest is `{near}`. "));
            format!("{near}Known {what}: {}{more}.", listed.join(", "))
        }
    }
}

/// The word that looks most like it, where any does; words with the same beginning look alike.
fn most_alike<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let wanted = folded(word);
    let alike = |candidate: &str| strsim::jaro_winkler(&wanted, &folded(candidate));
    let best = known.iter().copied().max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) > ALIKE_MIN).then_some(best)
}

/// Below this Jaro-Winkler likeness a word is no hint of another.
const ALIKE_MIN: f64 = 0.6;

/// At most this much of a word is compared: the comparison's cost is the product of both lengths.
const COMPARED_CHARS_MAX: usize = 80;

fn folded(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, '-' | '_' | ' '))
        .take(COMPARED_CHARS_MAX)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_near_and_other_words_are_not() {
        let known = ["headers", "query", "timeoutMs", "max-connection", "GET", "url"];
        for (word, near) in [
            ("header", Some("headers")),
            ("timeout_ms", Some("timeoutMs")),
            ("timeout", Some("timeoutMs")),
            ("maxConnection", Some("max-connection")),
            ("get", Some("GET")),
            ("ulr", Some("url")),
            ("xyz", None),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), near, "{word}");
        }
        assert_eq!(did_you_mean("zzz", &["a1", "b1"], "keys"), "Known keys: `a1`, `b1`.");
        let far = did_you_mean("respnse", &["request", "responseVariable"], "keys");
        assert!(far.starts_with("The nearest is `responseVariable`."), "{far}");
    }
}
