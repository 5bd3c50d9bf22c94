//! Has cargo look for the page's files: the macro that embeds them says nothing of files that come later.

use std::path::Path;

fn main() {
    let built = "../../web/dist";
    // Before the first build of the page there is only the folder where it will appear.
    let watched = if Path::new(built).is_dir() { built } else { "../../web" };
    println!("cargo::rerun-if-changed={watched}");
}
