//! What must be known of the baselines and of this machine before a figure means anything.

use std::io::{Seek, Write};
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::Connection;

use crate::bare::{Mode, rows};
use crate::field::{Field, Setup};
use crate::stats;
use crate::upstream::CUSTOMER_BYTES;

/// Appends that are synced to learn what a sync costs here.
const SYNCS: usize = 50;
/// Bytes of each: one page.
const SYNC_BYTES: usize = 4096;

/// The lines that stand above all figures.
pub fn lines(setup: &Setup) -> Result<Vec<String>> {
    let field = setup.field_without_callout(&[Mode::C])?;
    let row = row_bytes(&field)?;
    let mut lines = vec![
        "Baselines: bare servers on hyper 1, one current_thread tokio runtime, mimalloc, TCP_NODELAY, own keep-alive pool".to_owned(),
        "  a parses the answer into a serde_json tree; a-pick reads the two picked fields only; c is a and one durable row".to_owned(),
        format!("  row of c: a record of {row} bytes, a 16-byte id with a unique index, a due time with an index"),
        format!("  durability of c: {}", rows::DURABILITY),
        format!("Upstream: customers of {CUSTOMER_BYTES} bytes, HTTP/1.1 keep-alive, loopback only"),
        format!(
            "Server on core {:?}, upstream and load on core {:?}; CPU is user and system time of the whole server until it is idle again",
            setup.cores.server, setup.cores.load
        ),
        format!(
            "Medians of {} interleaved rounds of {:.1} s; ratios are taken within a round",
            setup.rounds,
            setup.duration.as_secs_f64()
        ),
        format!("This machine: a synced append of {SYNC_BYTES} bytes takes {} µs", sync_micros(setup)?),
    ];
    if setup.cores.server.iter().any(|core| setup.cores.load.contains(core)) {
        lines.push("Server and load share a core: latencies and runs/s say little".to_owned());
    }
    Ok(lines)
}

/// The record of the run that the start of bare c has made.
fn row_bytes(field: &Field) -> Result<i64> {
    let file = field.folder.path().join("bare").join("bare.db");
    let database = Connection::open(file)?;
    Ok(database.query_row("SELECT max(length(record)) FROM run", [], |row| row.get(0))?)
}

fn sync_micros(setup: &Setup) -> Result<u128> {
    let mut file = tempfile::tempfile_in(&setup.data)?;
    let page = [7; SYNC_BYTES];
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.seek(std::io::SeekFrom::End(0))?;
        file.write_all(&page)?;
        let start = Instant::now();
        file.sync_data()?;
        took.push(start.elapsed().as_secs_f64());
    }
    Ok(Duration::from_secs_f64(stats::median(took)).as_micros())
}
