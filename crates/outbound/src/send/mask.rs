//! The last step of a call: nothing of its secrets leaves this crate.

use bytes::Bytes;
use callout_flow::outcome::{AnswerBody, Failure, Hop, Outcome};

use crate::scrub::Scrubber;

/// Masks all that leaves: what an upstream echoes must not reach variables, history or logs.
///
/// `made` is what the credential made for this call alone, its signatures.
pub(super) fn mask(scrubber: &Scrubber, made: &[String], outcome: &mut Outcome, hops: &mut [Hop]) {
    if scrubber.is_empty() && made.is_empty() {
        return;
    }
    let mut with_made = None;
    if !made.is_empty() {
        let all = with_made.insert(scrubber.clone());
        made.iter().for_each(|text| all.add_header_value(text));
    }
    let scrubber = with_made.as_ref().unwrap_or(scrubber);
    let text = |text: &mut String| {
        if let std::borrow::Cow::Owned(masked) = scrubber.mask(text) {
            *text = masked;
        }
    };
    hops.iter_mut().for_each(|hop| text(&mut hop.url));
    match outcome {
        Outcome::Refused(refusal) => text(&mut refusal.message),
        Outcome::NotSent(Failure { message, .. }) | Outcome::NoAnswer(Failure { message, .. }) => {
            text(message)
        }
        Outcome::Answered(answer) => {
            for (name, value) in &mut answer.headers {
                text(name);
                *value = scrubber.mask_header(value).into_owned();
            }
            answer.notes.iter_mut().for_each(|note| text(&mut note.message));
            match &mut answer.body {
                AnswerBody::Whole(bytes) => {
                    if let std::borrow::Cow::Owned(masked) = scrubber.mask_bytes(bytes) {
                        *bytes = Bytes::from(masked);
                    }
                }
                AnswerBody::Undecodable { why } | AnswerBody::BrokenOff { why } => text(why),
                AnswerBody::TooLarge { .. } => {}
            }
        }
    }
}
