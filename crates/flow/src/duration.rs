//! Lengths of time as authors write them: `30s`, `5m`, `1h30m`, `2d`.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// The longest that a run may wait in one node: a year.
pub const DURATION_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Reads a length of time. Days are 24 hours. The error says what is accepted.
pub fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let accepted = "write a length such as `30s`, `5m`, `1h30m` or `2d`";
    let span: Span =
        text.trim().parse().map_err(|_| format!("`{text}` is not a length of time: {accepted}"))?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| format!("`{text}` has no fixed length: {accepted}"))?;
    if duration.is_negative() || duration > DURATION_MAX {
        return Err(format!("`{text}` is not between nothing and 366 days"));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30s", 30),
            ("5m", 300),
            ("1h30m", 5400),
            ("2d", 172_800),
            ("1 hour", 3600),
            ("PT5M", 300),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(SignedDuration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse_duration("500ms"), Ok(SignedDuration::from_millis(500)));
    }

    #[test]
    fn what_is_no_length_says_what_is() {
        for text in ["", "5", "soon", "-5s", "1 month", "10000d", "{{ vars.x }}"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
