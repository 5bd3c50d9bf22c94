//! The memory that the largest published document takes to come in, measured by an allocator of this binary alone.

use std::path::Path;

use callout_flow::import::{ImportOptions, openapi};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Megabytes, the document's own text included.
const PEAK_MB_MAX: f32 = 300.0;

#[test]
fn the_largest_document_comes_in_within_bounds() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let path = target.join("openapi-documents/node_modules/@octokit/openapi/generated/ghec.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run scripts/openapi-documents first", path.display()));
    let before = ALLOCATOR.current_usage_as_mb();
    ALLOCATOR.reset_peak_usage();
    let imported = openapi(&text, ImportOptions::default()).expect("an integration");
    let peak = ALLOCATOR.peak_usage_as_mb();
    assert_eq!(imported.integration.operations.len() + imported.skipped.len(), 1471);
    assert!(before > 10.0 && peak < PEAK_MB_MAX, "{peak} MB at most, {before} MB of them the text");
}
