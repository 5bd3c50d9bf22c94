//! Tallies as the column has them: compact JSON, one array for each visit.

use crate::border::timestamp;
use crate::{StoreError, Tally};

/// Flow, version, node, case, outcome, success, time in microseconds, duration in milliseconds.
type Visit<'a> = (u32, u32, &'a str, &'a str, Option<&'a str>, u8, i64, u64);
type OwnedVisit = (u32, u32, String, String, Option<String>, u8, i64, u64);

/// None for no tallies.
pub(crate) fn tallies_text<'t>(tallies: &'t [Tally]) -> Option<String> {
    if tallies.is_empty() {
        return None;
    }
    let visit = |tally: &'t Tally| -> Visit<'t> {
        let Tally { flow, version, node, case, outcome, success, at, duration_ms } = tally;
        let (success, at) = (u8::from(*success), at.as_microsecond());
        (*flow, *version, node, case, outcome.as_deref(), success, at, *duration_ms)
    };
    let visits: Vec<Visit<'_>> = tallies.iter().map(visit).collect();
    // Numbers and texts only: there is nothing in it that JSON could not say.
    serde_json::to_string(&visits).ok()
}

pub(crate) fn tallies_of(text: &str) -> Result<Vec<Tally>, StoreError> {
    let visits: Vec<OwnedVisit> = serde_json::from_str(text)
        .map_err(|error| StoreError::Unusable(format!("the database is damaged: tallies: {error}")))?;
    let tally = |(flow, version, node, case, outcome, success, at, duration_ms): OwnedVisit| {
        let at = timestamp(at)?;
        Ok(Tally { flow, version, node, case, outcome, success: success != 0, at, duration_ms })
    };
    visits.into_iter().map(tally).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_are_read_as_they_were_written() {
        let tally = Tally {
            flow: 7,
            version: 2,
            node: "get \"x\"".to_owned(),
            case: "0".to_owned(),
            outcome: Some("404".to_owned()),
            success: false,
            at: timestamp(1_700_000_000_000_001).unwrap(),
            duration_ms: 12,
        };
        let all = [tally.clone(), Tally { outcome: None, success: true, ..tally }];
        let text = tallies_text(&all).unwrap();
        assert_eq!(
            text,
            r#"[[7,2,"get \"x\"","0","404",0,1700000000000001,12],[7,2,"get \"x\"","0",null,1,1700000000000001,12]]"#
        );
        assert_eq!(tallies_of(&text).unwrap(), all);
        assert_eq!(tallies_text(&[]), None);
    }
}
