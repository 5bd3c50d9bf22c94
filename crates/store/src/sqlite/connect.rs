//! Opens connections, brings the database to this version's shape, and begins a boot.

use std::path::Path;
use std::time::Duration;

use callout_flow::id::OrgId;
use refinery::{Migration, Runner};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::fault::Fault;
use super::search;
use crate::StoreError;
use crate::audit::chained;
use crate::border::NEVER;
use crate::seal::{CHECK_ROW, Check, FIRST_KEY, KeptKey, Keyring, MASTERS, OrgRef};

const MIGRATIONS: &[(i32, &str, &str)] = &[
    (1, "first", include_str!("../../migrations/sqlite/V1__first.sql")),
    (2, "integrations", include_str!("../../migrations/sqlite/V2__integrations.sql")),
    (3, "members", include_str!("../../migrations/sqlite/V3__members.sql")),
    (4, "flow_lists", include_str!("../../migrations/sqlite/V4__flow_lists.sql")),
    (5, "run_lists", include_str!("../../migrations/sqlite/V5__run_lists.sql")),
];

/// As the first migration sets it.
const APPLICATION_ID: i32 = 1_130_458_220;

/// Bytes of a page, for a new file. A commit writes whole pages: that of a lone run 16 KB of these, 28 KB of twice as large
/// ones. What does not fit into one goes into pages of its own, full ones.
const PAGE_BYTES: u32 = 4096;
/// KiB of pages that a connection keeps: the upper levels and the newest leaves of every index.
const WRITER_CACHE_KIB: i32 = 16 * 1024;
const READER_CACHE_KIB: i32 = 2 * 1024;
/// How long another program's lock (a backup, a shell) is waited for before the store counts as blocked.
const BUSY_WAIT: Duration = Duration::from_secs(2);
/// How long a fold that holds the writer back waits for readers: longer than nearly every read, and short for who writes.
const HOLD_WAIT: Duration = Duration::from_millis(50);
/// Statements kept prepared: all fixed ones and some of those that filters make.
const STATEMENTS: usize = 96;

/// The connection that writes, with every migration applied.
pub(super) fn writer(file: Option<&Path>) -> Result<Connection, StoreError> {
    let told = |error: rusqlite::Error| Fault::from(error).into_error(file);
    let mut conn = match file {
        Some(file) => Connection::open_with_flags(
            file,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        ),
        None => Connection::open_in_memory(),
    }
    .map_err(told)?;
    conn.busy_timeout(BUSY_WAIT).map_err(told)?;
    ours(&conn, file)?;
    set_up(&conn, file)?;
    chain(&conn).map_err(told)?;
    search::register(&conn).map_err(told)?;
    migrate(&mut conn, file)?;
    Ok(conn)
}

pub(super) fn reader(file: &Path) -> Result<Connection, StoreError> {
    let told = |error: rusqlite::Error| Fault::from(error).into_error(Some(file));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags).map_err(told)?;
    conn.busy_timeout(BUSY_WAIT).map_err(told)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB).map_err(told)?;
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(told)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    search::register(&conn).map_err(told)?;
    Ok(conn)
}

/// A connection that looks on, at a database of just this version's shape. It may open a log that is still there, and so not only
/// read the file; what it asks changes nothing.
pub(super) fn onlooker(file: &Path) -> Result<Connection, StoreError> {
    let told = |error: rusqlite::Error| Fault::from(error).into_error(Some(file));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags).map_err(told)?;
    conn.busy_timeout(BUSY_WAIT).map_err(told)?;
    conn.pragma_update(None, "query_only", true).map_err(told)?;
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(told)?;
    let (version, known) = (ours(&conn, Some(file))?, newest());
    if version != Some(known) {
        let shape = version.map_or("none".to_owned(), |version| version.to_string());
        return Err(StoreError::Unusable(format!(
            "{} was written by an older Callout (its shape is {shape}, this one's is {known}); start the server of this version once",
            file.display()
        )));
    }
    Ok(conn)
}

/// The connection that folds the log into the file.
pub(super) fn checkpointer(file: &Path) -> Result<Connection, StoreError> {
    let told = |error: rusqlite::Error| Fault::from(error).into_error(Some(file));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags).map_err(told)?;
    conn.busy_timeout(HOLD_WAIT).map_err(told)?;
    conn.pragma_update(None, "synchronous", "FULL").map_err(told)?;
    Ok(conn)
}

fn set_up(conn: &Connection, file: Option<&Path>) -> Result<(), StoreError> {
    let told = |error: rusqlite::Error| Fault::from(error).into_error(file);
    conn.pragma_update(None, "page_size", PAGE_BYTES).map_err(told)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(told)?;
    if let Some(file) = file
        && mode != "wal"
    {
        let at = file.display();
        return Err(StoreError::Unusable(format!(
            "{at} is where SQLite can keep no log; use a disk of this machine"
        )));
    }
    conn.pragma_update(None, "synchronous", "FULL").map_err(told)?;
    // Where fsync alone leaves it to the disk when to write.
    conn.pragma_update(None, "fullfsync", true).map_err(told)?;
    conn.query_row("PRAGMA wal_autocheckpoint = 0", [], |_| Ok(())).map_err(told)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(told)?;
    // What was replaced or removed, because it must not be kept, is overwritten and not only forgotten.
    conn.query_row("PRAGMA secure_delete = ON", [], |_| Ok(())).map_err(told)?;
    // Sorting must not need a disk that may be full.
    conn.pragma_update(None, "temp_store", "MEMORY").map_err(told)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn newest() -> i32 {
    MIGRATIONS.last().map_or(0, |(version, ..)| *version)
}

/// Refuses what is not a database of Callout, or of a later one, before anything is written to it. Says the shape it has.
fn ours(conn: &Connection, file: Option<&Path>) -> Result<Option<i32>, StoreError> {
    let at = || file.map_or_else(|| "the database".to_owned(), |file| file.display().to_string());
    let look = || -> rusqlite::Result<(i32, bool, Option<i32>)> {
        let id = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let filled = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name NOT LIKE '%refinery%')";
        let filled = conn.query_row(filled, [], |row| row.get(0))?;
        let history = "SELECT name FROM sqlite_master WHERE name = 'refinery_schema_history'";
        let history: Option<String> = conn.query_row(history, [], |row| row.get(0)).optional()?;
        let version = match history {
            Some(_) => {
                conn.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))?
            }
            None => None,
        };
        Ok((id, filled, version))
    };
    let (id, filled, version) = look().map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => {
            StoreError::Unusable(format!("{} is not a database of Callout", at()))
        }
        _ => Fault::from(error).into_error(file),
    })?;
    if filled && id != APPLICATION_ID {
        return Err(StoreError::Unusable(format!("{} is a database of another program", at())));
    }
    let known = newest();
    match version {
        Some(version) if version > known => Err(StoreError::Unusable(format!(
            "{} was written by a newer Callout (its shape is {version}, this one knows up to {known}); run that version, or \
                 restore a backup from before",
            at()
        ))),
        version => Ok(version),
    }
}

/// What statements of the audit log call: the hash of a row, of the hash before it, its number and its bytes.
fn chain(conn: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    conn.create_scalar_function("chained", 3, flags, |call| {
        let (before, number, row) = (call.get_raw(0).as_blob()?, call.get(1)?, call.get_raw(2).as_blob()?);
        Ok(chained(before, number, row).to_vec())
    })
}

fn migrate(conn: &mut Connection, file: Option<&Path>) -> Result<(), StoreError> {
    let told = |error: refinery::Error| match std::error::Error::source(&error)
        .and_then(|source| source.downcast_ref::<rusqlite::Error>())
        .map(Fault::of)
    {
        Some(fault @ Fault::Blocked(_)) => fault.into_error(file),
        _ => StoreError::Unusable(format!("the database cannot be brought to this version's shape: {error}")),
    };
    let mut all = Vec::new();
    for &(version, name, sql) in MIGRATIONS {
        all.push(Migration::unapplied(&format!("V{version}__{name}"), sql).map_err(told)?);
    }
    // Grouped: else a migration and the note that it was applied are two transactions.
    Runner::new(&all).set_grouped(true).run(conn).map_err(told)?;
    Ok(())
}

/// Counts the start, and voids the leases of the process before: what it was running is due at `now`.
pub(super) fn boot(conn: &mut Connection, now: Option<i64>) -> rusqlite::Result<i64> {
    let transaction = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let number =
        transaction
            .query_row("UPDATE boot SET number = number + 1 RETURNING number", [], |row| row.get(0))?;
    if let Some(now) = now {
        let void =
            "UPDATE run SET due = ?1 WHERE org IN (SELECT id FROM org) AND due IS NOT NULL AND due = ?2";
        transaction.execute(void, [now, NEVER])?;
    }
    transaction.commit()?;
    Ok(number)
}

/// Every org's name and number.
pub(super) fn orgs(conn: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    let mut statement = conn.prepare("SELECT name, id FROM org")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// What tells the right master key, which is `first` where there was none, and the ids of those that seal data keys.
pub(super) fn sealed_by(conn: &Connection, first: Check) -> rusqlite::Result<(Check, Vec<String>)> {
    let keep = "INSERT INTO master_check (master, sealed) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM master_check)";
    conn.execute(keep, (first.master, first.sealed))?;
    let check =
        conn.query_row(CHECK_ROW, [], |row| Ok(Check { master: row.get(0)?, sealed: row.get(1)? }))?;
    let masters = conn.prepare(MASTERS)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok((check, masters))
}

/// Opens every data key, so that nothing that is to be sealed waits for one; an org that has none gets its first.
pub(super) fn data_keys(conn: &Connection, keyring: &Keyring, now: i64) -> Result<(), Fault> {
    let bare = "SELECT name FROM org o WHERE NOT EXISTS (SELECT 1 FROM data_key k WHERE k.org = o.id)";
    let bare: Vec<String> =
        conn.prepare(bare)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for org in bare {
        let org = OrgId::new(org);
        let (master, sealed) = keyring.first_key(&org)?;
        conn.execute(&FIRST_KEY.replace('$', "?"), (org.as_str(), master, now, sealed))?;
    }
    let all = "SELECT o.name, o.id, k.number, k.master, k.sealed, k.retired_at IS NULL
        FROM data_key k JOIN org o ON o.id = k.org";
    let mut all = conn.prepare(all)?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let name = OrgId::new(row.get::<_, String>(0)?);
        let kept = KeptKey { number: row.get(2)?, master: row.get(3)?, sealed: row.get(4)? };
        keyring.learn(OrgRef { name: &name, number: row.get(1)? }, &kept, row.get(5)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use refinery::Target;

    #[test]
    fn what_an_older_version_kept_is_there_in_the_new_shape() {
        let mut conn = Connection::open_in_memory().unwrap();
        let named = |(version, name, sql): &(i32, &str, &str)| {
            Migration::unapplied(&format!("V{version}__{name}"), sql).unwrap()
        };
        let all: Vec<Migration> = MIGRATIONS.iter().map(named).collect();
        Runner::new(&all).set_target(Target::Version(3)).run(&mut conn).unwrap();
        conn.execute_batch(
            r#"INSERT INTO flow (org, number, slug, name, revision, created_at, draft_at, json, text)
                VALUES (1, 1, 'a', 'NAME', 1, 0, 0, 0, 'x');
            INSERT INTO run (org, ord, id, flow, version, status, epoch, seq, recoveries, parts, started_at, ended_at, contact, head, tail)
                VALUES (1, 7, x'01', 1, 1, 3, 0, 1, 0, 0, 5, 6, 'c', CAST('"event":{"name":"go"},"contact":null' AS BLOB),
                    CAST('"vars":{},"error":{"code":"step-limit"}' AS BLOB)),
                (1, 9, x'02', 1, 1, 0, 0, 1, 0, 0, 5, NULL, NULL, CAST('not "JSON' AS BLOB), NULL);"#,
        )
        .unwrap();
        migrate(&mut conn, None).unwrap();
        let runs = "SELECT ord, contact, event, error, outcome FROM run ORDER BY ord";
        type Shown = (i64, Option<String>, Option<String>, Option<String>, Option<String>);
        let mut runs = conn.prepare(runs).unwrap();
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
        let runs: Vec<Shown> = runs.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(runs, [(7, text("c"), text("go"), text("step-limit"), None), (9, None, None, None, None)]);
        let found: String = conn.query_row("SELECT search FROM flow", [], |row| row.get(0)).unwrap();
        assert_eq!(found, "a\nname");
        let planned = "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'run'";
        assert_eq!(conn.query_row(planned, [], |row| row.get::<_, i64>(0)).unwrap(), 3);
    }
}
