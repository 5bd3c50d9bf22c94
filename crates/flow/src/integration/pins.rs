//! Moving the pins of a flow to another version of an integration, in its text: nothing else in it changes.

use crate::draft::FlowDraft;
use crate::node::NodeDraft;
use crate::problem::{FieldPath, Place};
use crate::read::read_flow;

/// The text with every call of `slug` pinned to `version`, and the nodes that were moved; `None` where the text cannot be
/// read, or a pin stands in it otherwise than as a plain number.
pub fn move_pins(text: &str, file_name: &str, slug: &str, version: u32) -> Option<(String, Vec<String>)> {
    let read = read_flow(text, file_name);
    let (draft, tree) = (read.draft?, read.tree?);
    let mut wanted = draft.clone();
    let mut moved = Vec::new();
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    for (id, node) in &mut wanted.nodes {
        let NodeDraft::ApiCall(call) = node else { continue };
        if call.integration_slug.as_deref() != Some(slug) || call.integration_version == Some(version) {
            continue;
        }
        let Some(pinned) = call.integration_version.replace(version) else { continue };
        let at = FieldPath::root().key("nodes").key(id.as_str()).key("integrationVersion");
        let from = offset(text, tree.find(&at)?.place)?;
        let pinned = pinned.to_string();
        text.get(from..)?.starts_with(&pinned).then_some(())?;
        // An alias may put two nodes in one place.
        let edit = (from..from + pinned.len(), version.to_string());
        if !edits.contains(&edit) {
            edits.push(edit);
        }
        moved.push(id.clone());
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut made = text.to_owned();
    for (range, version) in edits {
        made.replace_range(range, &version);
    }
    // The text must say the same as before but for the pins.
    let same = |made: &FlowDraft| *made == wanted;
    read_flow(&made, file_name).draft.as_ref().is_some_and(same).then_some((made, moved))
}

/// The byte at a place.
fn offset(text: &str, place: Place) -> Option<usize> {
    let mut start = 0;
    for _ in 1..place.line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let line = text.get(start..)?;
    let within = line.char_indices().nth(place.column - 1).map(|(at, _)| at)?;
    Some(start + within)
}
