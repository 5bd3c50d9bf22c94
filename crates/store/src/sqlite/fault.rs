//! What went wrong in SQLite, sorted by what there is to do about it.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};

use crate::StoreError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing can be written now, whatever it is: wait and try again.
    Blocked(Cause),
    /// Bytes that were handed to the disk may not be on it, and the next attempt would not tell: only a new start
    /// reads what is really there.
    Lost(String),
    /// This one cannot be done; its neighbours can.
    Refused(StoreError),
}

/// Why nothing can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Full,
    ReadOnly,
    CannotOpen,
    Busy,
    Failing(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::of(&error)
    }
}

impl Fault {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error() else {
            return Self::Refused(StoreError::Unusable(format!("the database answered oddly: {error}")));
        };
        match code.code {
            ErrorCode::DiskFull => Self::Blocked(Cause::Full),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::Blocked(Cause::ReadOnly),
            ErrorCode::CannotOpen => Self::Blocked(Cause::CannotOpen),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Blocked(Cause::Busy),
            ErrorCode::SystemIoFailure => {
                let text = format!("{error} ({})", code.extended_code);
                // After a failed fsync the pages count as clean: the next one succeeds without having written them.
                match code.extended_code {
                    SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC => Self::Lost(text),
                    _ => Self::Blocked(Cause::Failing(text)),
                }
            }
            ErrorCode::OutOfMemory => Self::Blocked(Cause::Failing(error.to_string())),
            ErrorCode::ConstraintViolation | ErrorCode::TooBig => {
                Self::Refused(StoreError::Conflict(format!("the database refuses it: {error}")))
            }
            _ => Self::Refused(StoreError::Unusable(format!("the database cannot be used: {error}"))),
        }
    }

    /// For a caller who waits. Where the file is, is for the operator to know: for the log, and for who starts it.
    pub(super) fn into_error(self, file: Option<&Path>) -> StoreError {
        match self {
            Self::Blocked(cause) => StoreError::Unavailable(cause.words(file)),
            Self::Lost(text) => StoreError::Unavailable(text),
            Self::Refused(error) => error,
        }
    }
}

impl Cause {
    /// What is wrong, and how to mend it.
    pub(super) fn words(&self, file: Option<&Path>) -> String {
        let at = file.map_or_else(|| "the database".to_owned(), |file| file.display().to_string());
        match self {
            Self::Full => format!("the disk of {at} is full; free space on it"),
            Self::ReadOnly => format!("{at} is read-only; make the file, its folder and its disk writable"),
            Self::CannotOpen => {
                format!(
                    "{at} cannot be opened; see to its folder, its permissions and the limit of open files"
                )
            }
            Self::Busy => format!("another program has locked {at}; close that program"),
            Self::Failing(text) => format!(
                "writing to {at} fails: {text}; see to the disk: it may be read-only, gone, or over its quota"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    fn fault(extended: i32) -> Fault {
        rusqlite::Error::SqliteFailure(ffi::Error::new(extended), None).into()
    }

    #[test]
    fn a_failed_fsync_ends_the_process_and_nothing_else_does() {
        for extended in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC] {
            assert!(matches!(fault(extended), Fault::Lost(_)));
        }
        for extended in [
            ffi::SQLITE_FULL,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_READONLY_DBMOVED,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_BUSY,
        ] {
            assert!(matches!(fault(extended), Fault::Blocked(_)), "{extended}");
        }
        for extended in
            [ffi::SQLITE_CORRUPT, ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_TOOBIG, ffi::SQLITE_ERROR]
        {
            assert!(matches!(fault(extended), Fault::Refused(_)), "{extended}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        let words = Cause::Full.words(Some(Path::new("/data/callout.db")));
        assert_eq!(words, "the disk of /data/callout.db is full; free space on it");
    }
}
